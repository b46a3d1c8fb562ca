#pragma once

#include <QHash>
#include <QString>
#include <QStringList>

#include <span>
#include <vector>

namespace waystation::ctl {

class Console;

enum ExitCode { Done = 0, Failed = 1, WrongUse = 2 };

struct Option
{
    const char* name; // "--base-url"
    const char* value = nullptr; // what it takes ("URL"); null: nothing
    const char* help = ""; // English, marked for translation
    bool repeats = false;
    bool isLater = false; // announced, and refused until it is there
};

/// What was written on the command line, checked against a Command.
struct Given
{
    QStringList operands;
    QHash<QString, QStringList> values; // flags have one empty value

    bool has(const char* option) const { return values.contains(QString::fromLatin1(option)); }

    QString value(const char* option) const
    {
        return values.value(QString::fromLatin1(option)).value(0);
    }

    QStringList list(const char* option) const { return values.value(QString::fromLatin1(option)); }
};

struct Command
{
    const char* words; // "channel key add"
    const char* operands; // "CHANNEL [KEY]"
    int leastOperands;
    int mostOperands;
    const char* summary; // English, marked for translation
    std::vector<Option> options;
    int (*run)(Console& console, const Given& given);
};

// One list a file, joined in commands.cpp.
std::span<const Command> serveCommands();
std::span<const Command> channelCommands();
std::span<const Command> clientCommands();
std::span<const Command> callCommands();
std::span<const Command> stationCommands();

/// Finds the command, reads its options, runs it. Returns the exit code.
int runCommandLine(const QStringList& arguments);

}
