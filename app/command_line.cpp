#include "app/command_line.h"

#include <QCommandLineParser>
#include <QDir>

namespace waystation {

namespace {

void addOptions(QCommandLineParser& parser)
{
    parser.addOptions({
        {QStringLiteral("data-dir"),
            QStringLiteral("Keep settings, calls and the vault file in this folder."),
            QStringLiteral("folder")},
        {QStringLiteral("vault"),
            QStringLiteral("Where secrets live: keychain, file, environment or memory."),
            QStringLiteral("kind")},
        {QStringLiteral("port"), QStringLiteral("Serve on this port, this time."),
            QStringLiteral("number")},
        {QStringLiteral("hidden"), QStringLiteral("Start without showing the window.")},
        {QStringLiteral("language"), QStringLiteral("en or zh_CN, this time."),
            QStringLiteral("name")},
        {{QStringLiteral("h"), QStringLiteral("help")}, QStringLiteral("Show this help.")},
        {{QStringLiteral("v"), QStringLiteral("version")}, QStringLiteral("Show the version.")},
    });
}

}

Result<CommandLine> readCommandLine(const QStringList& arguments)
{
    QCommandLineParser parser;
    addOptions(parser);
    if (!parser.parse(arguments))
        return Error{ErrorKind::Invalid, parser.errorText().toStdString()};
    if (!parser.positionalArguments().isEmpty())
        return Error{ErrorKind::Invalid,
            "Unknown argument: " + parser.positionalArguments().constFirst().toStdString()};
    CommandLine line;
    line.wantsHelp = parser.isSet(QStringLiteral("help"));
    line.wantsVersion = parser.isSet(QStringLiteral("version"));
    line.hidden = parser.isSet(QStringLiteral("hidden"));
    line.dataDir = parser.isSet(QStringLiteral("data-dir"))
        ? QDir(parser.value(QStringLiteral("data-dir"))).absolutePath()
        : defaultDataDir();
    if (parser.isSet(QStringLiteral("vault"))) {
        line.vault = vaultKindFrom(parser.value(QStringLiteral("vault")).toStdString());
        if (!line.vault)
            return Error{
                ErrorKind::Invalid, "--vault takes keychain, file, environment or memory."};
    }
    if (parser.isSet(QStringLiteral("port"))) {
        bool isNumber = false;
        const int port = parser.value(QStringLiteral("port")).toInt(&isNumber);
        if (!isNumber || port < 1 || port > 65535)
            return Error{ErrorKind::Invalid, "--port takes a number from 1 to 65535."};
        line.port = static_cast<std::uint16_t>(port);
    }
    if (parser.isSet(QStringLiteral("language"))) {
        line.language = parser.value(QStringLiteral("language"));
        if (line.language != QStringLiteral("en") && line.language != QStringLiteral("zh_CN"))
            return Error{ErrorKind::Invalid, "--language takes en or zh_CN."};
    }
    return line;
}

QString commandLineHelp()
{
    QCommandLineParser parser;
    parser.setApplicationDescription(
        QStringLiteral("A relay on localhost for model calls, with its window and tray."));
    addOptions(parser);
    // Told before there is an application that knows its name.
    return parser.helpText().replace(
        QStringLiteral("<executable_name>"), QStringLiteral("waystation"));
}

}
