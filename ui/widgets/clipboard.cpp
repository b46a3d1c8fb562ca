#include "ui/widgets/clipboard.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QMimeData>
#include <QTimer>

namespace waystation {

namespace {

constexpr const char* markOfOurs = "application/x-waystation-secret";

}

void copyText(const QString& text)
{
    QGuiApplication::clipboard()->setText(text);
}

void copySecret(const QString& text)
{
    auto* data = new QMimeData;
    data->setText(text);
    data->setData(QStringLiteral("x-kde-passwordManagerHint"), "secret");
    data->setData(QStringLiteral("application/x-nspasteboard-concealed-type"), "1");
    data->setData(QStringLiteral("org.nspasteboard.ConcealedType"), "1");
    data->setData(
        QStringLiteral(
            "application/x-qt-windows-mime;value=\"ExcludeClipboardContentFromMonitorProcessing\""),
        "1");
    data->setData(QString::fromLatin1(markOfOurs), "1");
    QGuiApplication::clipboard()->setMimeData(data);
    QTimer::singleShot(60'000, qGuiApp, [] { clearCopiedSecret(); });
}

void clearCopiedSecret()
{
    QClipboard* clipboard = QGuiApplication::clipboard();
    const QMimeData* data = clipboard->mimeData();
    if (data && data->hasFormat(QString::fromLatin1(markOfOurs)))
        clipboard->clear();
}

}
