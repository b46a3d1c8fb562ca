#pragma once

#include <QString>

#include <vector>

namespace waystation {

/// A numbered file of SQL under sql/sqlite. Steps are never edited once released.
struct SchemaStep
{
    int number = 0;
    QString name; // "0001_calls"
    QString sql;
};

/// The steps that this program knows, in order, without a gap.
std::vector<SchemaStep> schemaSteps();

/// How a file was found, or what became of it.
struct PreparedFile
{
    enum class State {
        Ready, // at the newest schema
        Newer, // made by a newer program; not touched
        Waiting, // locked, or no room: may work later
        Impossible, // cannot be made or opened
    };
    State state = State::Impossible;
    int schema = 0;
    QString text; // English, for all but Ready
    QString movedAside; // where a damaged file went; empty when it was sound
};

/// Makes the file or brings it up to date, on the calling thread. An older file is copied to
/// `<path>.before-N` first, a damaged one is renamed to `<path>.corrupt-<time>` and a fresh one
/// begun.
PreparedFile prepareFile(const QString& path, const std::vector<SchemaStep>& steps);

/// Renames the file and its log. Returns the new name, empty when that failed.
QString setAside(const QString& path);

/// A consistent copy at `target`, readable by the owner only; replaces what is there once it is
/// whole. Returns what went wrong, empty when nothing did.
QString copyDatabase(const QString& path, const QString& target);

}
