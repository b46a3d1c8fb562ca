#include "app/ctl/command.h"
#include "app/ctl/console.h"
#include "app/ctl/terminal.h"

#include "bridge/station.h"

#include <QDir>

#include <algorithm>
#include <array>

namespace waystation::ctl {

namespace {

/// THE LIST, in the order that help shows.
std::vector<const Command*> allCommands()
{
    std::vector<const Command*> all;
    for (const auto list :
        {serveCommands(), channelCommands(), clientCommands(), callCommands(), stationCommands()}) {
        for (const Command& command : list)
            all.push_back(&command);
    }
    return all;
}

const std::array commonOptions{
    Option{"--data-dir", "DIR",
        QT_TRANSLATE_NOOP("ctl", "keep settings, rows and vault file in this folder")},
    Option{"--vault", "KIND",
        QT_TRANSLATE_NOOP("ctl", "where secrets live: keychain, file or environment")},
    Option{"--json", nullptr, QT_TRANSLATE_NOOP("ctl", "answer in JSON")},
    Option{"--help", nullptr, QT_TRANSLATE_NOOP("ctl", "say how it is used")},
};

int wrongUse(const QString& what)
{
    complain(translate("ctl", "waystationctl: %1").arg(what));
    return WrongUse;
}

void printOptions(std::span<const Option> options)
{
    for (const Option& option : options) {
        QString left = QStringLiteral("  ") + QString::fromLatin1(option.name);
        if (option.value)
            left += QLatin1Char(' ') + QString::fromLatin1(option.value);
        left = left.leftJustified(28);
        QString help = translate("ctl", option.help);
        if (option.isLater)
            help += QLatin1Char(' ') + translate("ctl", "(not available yet)");
        print(left + QLatin1Char(' ') + help);
    }
}

QString usageOf(const Command& command)
{
    QString usage = QStringLiteral("waystationctl ") + QString::fromLatin1(command.words);
    if (*command.operands)
        usage += QLatin1Char(' ') + QString::fromLatin1(command.operands);
    return usage;
}

void printHelp(const QString& prefix)
{
    if (prefix.isEmpty())
        print(translate(
            "ctl", "waystationctl: a relay on localhost for model calls, from the console"));
    print(translate("ctl", "Usage:"));
    for (const Command* const command : allCommands()) {
        const QString words = QString::fromLatin1(command->words);
        if (prefix.isEmpty() || words == prefix || words.startsWith(prefix + QLatin1Char(' ')))
            print(QStringLiteral("  ") + usageOf(*command).leftJustified(50) + QLatin1Char(' ')
                + translate("ctl", command->summary));
    }
    print(translate("ctl", "Options that every command takes:"));
    printOptions(commonOptions);
    if (prefix.isEmpty())
        print(
            translate("ctl", "\"waystationctl COMMAND --help\" tells the options of one command."));
}

void printHelp(const Command& command)
{
    print(usageOf(command));
    print(translate("ctl", command.summary));
    if (!command.options.empty()) {
        print(translate("ctl", "Options:"));
        printOptions(command.options);
    }
    print(translate("ctl", "Options that every command takes:"));
    printOptions(commonOptions);
}

/// The command whose words come first in `arguments`, the longest; `words` tells how many they are.
const Command* findCommand(const QStringList& words, int& count)
{
    const Command* best = nullptr;
    count = 0;
    for (const Command* const command : allCommands()) {
        const QStringList wanted = QString::fromLatin1(command->words).split(QLatin1Char(' '));
        if (wanted.size() > count && words.mid(0, wanted.size()) == wanted) {
            best = command;
            count = int(wanted.size());
        }
    }
    return best;
}

const Option* findOption(const Command* command, const QString& name)
{
    const auto sameName = [&](const Option& option) { return name == QLatin1String(option.name); };
    if (const auto found = std::find_if(commonOptions.begin(), commonOptions.end(), sameName);
        found != commonOptions.end())
        return &*found;
    if (!command)
        return nullptr;
    const auto found = std::find_if(command->options.begin(), command->options.end(), sameName);
    return found == command->options.end() ? nullptr : &*found;
}

}

int runCommandLine(const QStringList& arguments)
{
    // Words come before options or between them; common options may come first.
    QStringList words;
    for (int i = 0; i < arguments.size(); ++i) {
        const QString& argument = arguments[i];
        if (argument == QLatin1String("--version")) {
            print(QStringLiteral("waystationctl " WAYSTATION_VERSION));
            return Done;
        }
        if (!argument.startsWith(QLatin1Char('-'))) {
            words << argument;
        } else if (const Option* const option = findOption(nullptr, argument);
                   option && option->value) {
            ++i;
        } else if (!words.isEmpty()) {
            break; // operands may follow; they are no part of a command's name
        }
    }
    const bool wantsHelp
        = arguments.contains(QLatin1String("--help")) || arguments.contains(QLatin1String("-h"));
    int count = 0;
    const Command* const command = findCommand(words, count);
    if (!command) {
        if (wantsHelp || words.isEmpty() || words.first() == QLatin1String("help")) {
            printHelp(words.isEmpty() || words.first() == QLatin1String("help") ? QString()
                                                                                : words.first());
            return wantsHelp || (!words.isEmpty() && words.first() == QLatin1String("help"))
                ? Done
                : WrongUse;
        }
        return wrongUse(
            translate("ctl", "there is no command \"%1\"; \"waystationctl --help\" lists them")
                .arg(words.join(QLatin1Char(' '))));
    }
    if (wantsHelp) {
        printHelp(*command);
        return Done;
    }

    Given given;
    int wordsLeft = count;
    bool onlyOperands = false;
    for (int i = 0; i < arguments.size(); ++i) {
        QString argument = arguments[i];
        if (!onlyOperands && argument == QLatin1String("--")) {
            onlyOperands = true;
            continue;
        }
        if (onlyOperands || !argument.startsWith(QLatin1Char('-'))
            || argument == QLatin1String("-")) {
            if (wordsLeft > 0)
                --wordsLeft;
            else
                given.operands << argument;
            continue;
        }
        std::optional<QString> value;
        if (const auto equals = argument.indexOf(QLatin1Char('=')); equals > 0) {
            value = argument.mid(equals + 1);
            argument.truncate(equals);
        }
        const Option* const option = findOption(command, argument);
        if (!option)
            return wrongUse(translate("ctl", "\"%1\" has no option %2; see \"%1 --help\"")
                                .arg(QString::fromLatin1(command->words), argument));
        if (option->isLater)
            return wrongUse(translate("ctl", "%1 is not available yet").arg(argument));
        if (option->value && !value) {
            if (i + 1 >= arguments.size())
                return wrongUse(translate("ctl", "%1 wants a value: %1 %2")
                                    .arg(argument, QString::fromLatin1(option->value)));
            value = arguments[++i];
        } else if (!option->value && value) {
            return wrongUse(translate("ctl", "%1 takes no value").arg(argument));
        }
        QStringList& values = given.values[argument];
        if (!values.isEmpty() && !option->repeats)
            return wrongUse(translate("ctl", "%1 is given twice").arg(argument));
        values << value.value_or(QString());
    }
    if (given.operands.size() < command->leastOperands
        || given.operands.size() > command->mostOperands)
        return wrongUse(translate("ctl", "use it so: %1").arg(usageOf(*command)));

    ConsoleOptions options;
    options.json = given.has("--json");
    options.dataDir = given.has("--data-dir") ? QDir(given.value("--data-dir")).absolutePath()
                                              : defaultDataDir();
    if (given.has("--vault")) {
        options.vault = vaultKindFrom(given.value("--vault").toStdString());
        if (!options.vault || *options.vault == VaultKind::Memory)
            return wrongUse(translate("ctl", "--vault is keychain, file or environment"));
    }
    Console console(std::move(options));
    return command->run(console, given);
}

}
