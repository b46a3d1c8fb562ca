#pragma once

#include "ui/theme/colours.h"

#include <QObject>
#include <QString>

class QApplication;

namespace waystation {

/// Keeps the application's style, palette and style sheet as the user chose; changes them live.
class Theme : public QObject
{
    Q_OBJECT
public:
    explicit Theme(QApplication& application);

    /// "system", "light" or "dark", as the settings spell it.
    void setMode(const QString& mode);

    bool isDark() const { return m_dark; }

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void apply();

    QApplication& m_application;
    QString m_mode = QStringLiteral("system");
    bool m_dark = false;
    bool m_applied = false;
    bool m_applying = false;
};

/// True when the system asks for dark windows.
bool systemIsDark();
QString styleSheetFor(const Colours& colours);

}
