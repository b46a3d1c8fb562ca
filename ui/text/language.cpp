#include "ui/text/language.h"

#include <QApplication>
#include <QLibraryInfo>
#include <QLocale>

static void initTranslations()
{
    Q_INIT_RESOURCE(translations);
}

namespace waystation {

Language::Language(QObject* parent)
    : QObject(parent)
{
    initTranslations();
}

Language::~Language()
{
    for (const auto& translator : m_translators)
        QCoreApplication::removeTranslator(translator.get());
}

void Language::choose(const QString& name)
{
    QString language = name;
    if (language != QStringLiteral("en") && language != QStringLiteral("zh_CN"))
        language = QLocale::system().language() == QLocale::Chinese ? QStringLiteral("zh_CN")
                                                                    : QStringLiteral("en");
    if (language == m_inForce)
        return;
    useFont(language);
    m_inForce = language;
    QLocale::setDefault(language == QStringLiteral("zh_CN")
            ? QLocale(QLocale::Chinese, QLocale::China)
            : QLocale(QLocale::English, QLocale::UnitedStates));
    for (const auto& translator : m_translators)
        QCoreApplication::removeTranslator(translator.get());
    m_translators.clear();
    if (language != QStringLiteral("en")) {
        // Ours for the buttons and menus of Qt's widgets first, so that Qt's own, where it is
        // installed, wins.
        install(QStringLiteral(":/i18n/qt_%1.qm").arg(language));
        install(QLibraryInfo::path(QLibraryInfo::TranslationsPath)
            + QStringLiteral("/qtbase_%1.qm").arg(language));
    }
    install(QStringLiteral(":/i18n/waystation_%1.qm").arg(language));
}

void Language::useFont(const QString& language)
{
    if (m_systemFont == QFont())
        m_systemFont = QGuiApplication::font();
    QFont font = m_systemFont;
    if (language == QStringLiteral("zh_CN")) {
        // Named, since a fallback of the system's choice may be Japanese in form or bold
        // throughout.
        QStringList families = font.families();
        if (families.isEmpty())
            families << font.family();
        families << QStringLiteral("PingFang SC") << QStringLiteral("Microsoft YaHei UI")
                 << QStringLiteral("Noto Sans CJK SC") << QStringLiteral("Source Han Sans SC")
                 << QStringLiteral("WenQuanYi Micro Hei");
        font.setFamilies(families);
    }
    QApplication::setFont(font);
}

void Language::install(const QString& file)
{
    auto translator = std::make_unique<QTranslator>();
    if (!translator->load(file))
        return;
    QCoreApplication::installTranslator(translator.get());
    m_translators.push_back(std::move(translator));
}

}
