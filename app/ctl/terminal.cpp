#include "app/ctl/terminal.h"

#include "base/text.h"

#include <QCoreApplication>
#include <QFile>
#include <QFileInfo>

#include <algorithm>
#include <atomic>
#include <cstdio>

#ifdef Q_OS_UNIX
#include <fcntl.h>
#include <termios.h>
#include <unistd.h>
#endif

namespace waystation::ctl {

namespace {

constexpr std::size_t mostSecret = 64 * 1024;

void put(std::FILE* stream, const QString& line)
{
    const QByteArray octets = line.toUtf8() + '\n';
    std::fwrite(octets.constData(), 1, std::size_t(octets.size()), stream);
    std::fflush(stream);
}

/// East Asian wide and full-width characters, as terminals draw them.
bool isWide(char32_t sign)
{
    return (sign >= 0x1100 && sign <= 0x115F) || (sign >= 0x2E80 && sign <= 0x303E)
        || (sign >= 0x3041 && sign <= 0xA4CF) || (sign >= 0xAC00 && sign <= 0xD7A3)
        || (sign >= 0xF900 && sign <= 0xFAFF) || (sign >= 0xFE30 && sign <= 0xFE6F)
        || (sign >= 0xFF00 && sign <= 0xFF60) || (sign >= 0xFFE0 && sign <= 0xFFE6)
        || (sign >= 0x1F300 && sign <= 0x1FAFF) || (sign >= 0x20000 && sign <= 0x3FFFD);
}

Result<Secret> firstLineOf(std::FILE* stream)
{
    std::string line;
    line.reserve(mostSecret + 1); // grows nowhere, so that no copy stays behind
    for (int octet = std::fgetc(stream); octet != EOF && octet != '\n';
         octet = std::fgetc(stream)) {
        if (line.size() == mostSecret) {
            wipe(line);
            return Error{ErrorKind::Invalid, "a secret has at most 64 KiB"};
        }
        line.push_back(static_cast<char>(octet));
    }
    std::string found(trimmed(line));
    wipe(line);
    if (found.empty())
        return Error{ErrorKind::Invalid, "the secret is empty"};
    return Secret::taking(found);
}

}

QString translate(const char* context, const char* english)
{
    return QCoreApplication::translate(context, english);
}

void print(const QString& line)
{
    put(stdout, line);
}

void complain(const QString& line)
{
    put(stderr, line);
}

QString shown(const std::string& text, std::size_t most)
{
    return QString::fromStdString(oneLine(text, most));
}

int widthOf(const QString& text)
{
    int width = 0;
    for (const char32_t sign : text.toUcs4()) {
        if (QChar::category(sign) == QChar::Mark_NonSpacing
            || QChar::category(sign) == QChar::Other_Format)
            continue;
        width += isWide(sign) ? 2 : 1;
    }
    return width;
}

void Table::addColumn(const QString& title, Side side)
{
    m_columns.push_back({title, side});
}

void Table::addRow(const QStringList& cells)
{
    m_rows.push_back(cells);
}

void Table::print() const
{
    std::vector<int> widths;
    for (std::size_t i = 0; i < m_columns.size(); ++i) {
        int width = widthOf(m_columns[i].title);
        for (const QStringList& row : m_rows)
            width = std::max(width, widthOf(row.value(int(i))));
        widths.push_back(width);
    }
    const auto printRow = [&](const auto& cellOf) {
        QString line;
        for (std::size_t i = 0; i < m_columns.size(); ++i) {
            const QString cell = cellOf(i);
            const QString space(widths[i] - widthOf(cell), QLatin1Char(' '));
            line += m_columns[i].side == Side::Right ? space + cell : cell + space;
            line += QStringLiteral("  ");
        }
        while (line.endsWith(QLatin1Char(' ')))
            line.chop(1);
        ctl::print(line);
    };
    printRow([&](std::size_t i) { return m_columns[i].title; });
    for (const QStringList& row : m_rows)
        printRow([&](std::size_t i) { return row.value(int(i)); });
}

#ifdef Q_OS_UNIX

bool hasTerminal()
{
    return ::isatty(STDIN_FILENO) && ::isatty(STDERR_FILENO);
}

namespace {

// What the terminal was before a question; restored also when the program ends while one is open.
termios terminalBefore{};
std::atomic<int> terminalFile{-1};

}

void restoreTerminal()
{
    const int file = terminalFile.exchange(-1);
    if (file >= 0)
        ::tcsetattr(file, TCSAFLUSH, &terminalBefore);
}

Result<Secret> promptSecret(const QString& question)
{
    const int file = ::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (file < 0)
        return Error{ErrorKind::Io, "there is no terminal to ask on"};
    ::tcgetattr(file, &terminalBefore);
    termios silent = terminalBefore;
    // Keys come one by one, so that Ctrl-C can put the terminal back before it counts.
    silent.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG);
    silent.c_cc[VMIN] = 1;
    silent.c_cc[VTIME] = 0;
    terminalFile = file;
    ::tcsetattr(file, TCSAFLUSH, &silent);
    const auto say = [file](const QByteArray& text) {
        if (::write(file, text.constData(), std::size_t(text.size())) < 0)
            return;
    };
    say((question + QLatin1Char(' ')).toUtf8());

    std::string line;
    line.reserve(mostSecret + 1);
    bool isWhole = false;
    char key = 0;
    while (line.size() < mostSecret && ::read(file, &key, 1) == 1) {
        constexpr char interrupt = 3, endOfInput = 4, backspace = 8, erase = 127, killLine = 21;
        if (key == '\n' || key == '\r') {
            isWhole = true;
            break;
        }
        if (key == interrupt || key == endOfInput)
            break;
        if (key == killLine) {
            wipe(line);
            line.clear();
        } else if (key == backspace || key == erase) {
            // A character may be several octets.
            while (!line.empty() && (static_cast<unsigned char>(line.back()) & 0xC0) == 0x80)
                line.pop_back();
            if (!line.empty())
                line.pop_back();
        } else {
            line.push_back(key);
        }
    }
    restoreTerminal();
    say("\n");
    ::close(file);
    std::string found(trimmed(line));
    wipe(line);
    if (!isWhole || found.empty()) {
        wipe(found);
        return Error{ErrorKind::Cancelled, "nothing was typed"};
    }
    return Secret::taking(found);
}

#else

bool hasTerminal()
{
    return false;
}

void restoreTerminal() { }

Result<Secret> promptSecret(const QString&)
{
    return Error{ErrorKind::Io, "there is no terminal to ask on"};
}

#endif

Result<Secret> secretFromStdin()
{
    std::setvbuf(stdin, nullptr, _IONBF, 0);
    return firstLineOf(stdin);
}

Result<Secret> secretFromFile(const QString& path)
{
    std::FILE* const file = std::fopen(QFile::encodeName(path).constData(), "rb");
    if (!file)
        return Error{ErrorKind::Io, "cannot read " + path.toStdString()};
    std::setvbuf(file, nullptr, _IONBF, 0);
    auto secret = firstLineOf(file);
    std::fclose(file);
    if (!secret)
        return Error{ErrorKind::Io, path.toStdString() + ": " + secret.error().message};
    return secret;
}

Result<Secret> passphraseOfEnvironment()
{
    const QString named = qEnvironmentVariable("WAYSTATION_PASSPHRASE_FILE");
    if (!named.isEmpty())
        return secretFromFile(named);
    const QString folder = qEnvironmentVariable("CREDENTIALS_DIRECTORY");
    const QString credential = folder + QStringLiteral("/waystation-passphrase");
    if (!folder.isEmpty() && QFileInfo::exists(credential))
        return secretFromFile(credential);
    return Secret();
}

}
