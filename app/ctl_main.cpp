#include "app/ctl/command.h"

#include "base/secret.h"
#include "vault/stores.h"

#include <QCoreApplication>
#include <QLocale>
#include <QTranslator>

int main(int argc, char** argv)
{
    waystation::hardenProcess();
    waystation::prepareSecretMemory();
    QCoreApplication application(argc, argv);
    QCoreApplication::setApplicationName(QStringLiteral("waystation"));
    QCoreApplication::setApplicationVersion(QStringLiteral(WAYSTATION_VERSION));

    Q_INIT_RESOURCE(translations);
    QTranslator translator;
    if (translator.load(
            QLocale(), QStringLiteral("waystation"), QStringLiteral("_"), QStringLiteral(":/i18n")))
        QCoreApplication::installTranslator(&translator);

    return waystation::ctl::runCommandLine(QCoreApplication::arguments().mid(1));
}
