#pragma once

#include <QFont>
#include <QObject>
#include <QString>
#include <QTranslator>

#include <memory>
#include <vector>

namespace waystation {

/// Puts the chosen language into force; widgets learn of it by QEvent::LanguageChange.
class Language : public QObject
{
    Q_OBJECT
public:
    explicit Language(QObject* parent = nullptr);
    ~Language() override;

    /// "system", "en" or "zh_CN", as the settings spell it.
    void choose(const QString& name);

    /// "en" or "zh_CN": what is in force.
    const QString& inForce() const { return m_inForce; }

private:
    void install(const QString& file);
    void useFont(const QString& language);

    QString m_inForce;
    QFont m_systemFont;
    std::vector<std::unique_ptr<QTranslator>> m_translators;
};

}
