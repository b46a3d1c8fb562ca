#pragma once

#include "ledger/database.h"
#include "ledger/mailbox.h"
#include "ledger/reports.h"

#include <QObject>

#include <functional>

namespace waystation {

/// Answers reports on the thread that it was moved to, from a connection that only reads.
class Reader : public QObject
{
    Q_OBJECT
public:
    /// `damageSeen` is called when a report meets a broken page.
    Reader(QString path, std::function<void()> damageSeen);
    ~Reader() override;

    Mailbox& mail() { return m_mail; } // from any thread

    /// From here on the file may be read.
    void open();
    /// Lets go of the file until open().
    void close();
    /// The reports, or null while there is no file to read.
    Reports* reports();
    /// To be called after a report.
    void lookForDamage();

    const QString& path() const { return m_path; }

private:
    Mailbox m_mail{this};
    const QString m_path;
    std::function<void()> m_damageSeen;
    Database m_database;
    Reports m_reports{m_database};
    bool m_mayRead = false;
};

}
