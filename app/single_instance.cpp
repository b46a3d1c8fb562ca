#include "app/single_instance.h"

#include "bridge/control.h"

#include <QJsonDocument>
#include <QJsonObject>

namespace waystation {

FirstOrSecond raiseRunning(const QString& dataDir)
{
    constexpr int limitMillis = 3000;
    const auto reply = askRunning(dataDir, R"({"verb":"window.raise","args":{}})", limitMillis);
    if (!reply)
        return FirstOrSecond::First;
    const QJsonObject answer = QJsonDocument::fromJson(QByteArray::fromStdString(*reply)).object();
    return answer.value(QStringLiteral("ok")).toBool() ? FirstOrSecond::Raised
                                                       : FirstOrSecond::HeldHeadless;
}

}
