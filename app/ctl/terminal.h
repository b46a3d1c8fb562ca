#pragma once

#include "base/error.h"
#include "base/secret.h"

#include <QString>
#include <QStringList>

#include <string>
#include <vector>

namespace waystation::ctl {

/// In the user's language. Context is "ctl" throughout.
QString translate(const char* context, const char* english);

void print(const QString& line); // to standard output, with a line break
void complain(const QString& line); // to standard error, with a line break

/// Foreign text made fit for a terminal: one line, no control characters.
QString shown(const std::string& text, std::size_t most = 120);

/// Columns as wide as their widest cell, two spaces between; characters of double width count as
/// two.
class Table
{
public:
    enum class Side { Left, Right };

    void addColumn(const QString& title, Side side = Side::Left);
    void addRow(const QStringList& cells);

    bool isEmpty() const { return m_rows.empty(); }

    void print() const;

private:
    struct Column
    {
        QString title;
        Side side;
    };

    std::vector<Column> m_columns;
    std::vector<QStringList> m_rows;
};

/// Columns that the text takes on a terminal.
int widthOf(const QString& text);

bool hasTerminal(); // somebody sits there and can be asked
/// Asks without showing what is typed. Errors: Io when there is no terminal, Cancelled when nothing
/// came.
Result<Secret> promptSecret(const QString& question);
/// For a program that ends while another of its threads asks.
void restoreTerminal();
/// The first line of standard input. Errors: Invalid when it is empty or longer than 64 KiB.
Result<Secret> secretFromStdin();
/// The first line of a file.
Result<Secret> secretFromFile(const QString& path);
/// From WAYSTATION_PASSPHRASE_FILE, else from the service's credential "waystation-passphrase";
/// empty when neither is there. Errors: Io when one is named and cannot be read.
Result<Secret> passphraseOfEnvironment();

}
