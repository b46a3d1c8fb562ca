#include "ledger/reader.h"

namespace waystation {

namespace {

constexpr int busyMillis = 1000;

}

Reader::Reader(QString path, std::function<void()> damageSeen)
    : m_path(std::move(path))
    , m_damageSeen(std::move(damageSeen))
{
}

Reader::~Reader() = default;

void Reader::open()
{
    close();
    m_mayRead = true;
}

void Reader::close()
{
    m_mayRead = false;
    m_database.close();
    m_reports.forgetNames();
}

Reports* Reader::reports()
{
    if (!m_mayRead)
        return nullptr;
    if (!m_database.isOpen()) {
        if (!m_database.open(m_path, Database::Mode::Read, busyMillis))
            return nullptr;
        m_database.run(QStringLiteral("PRAGMA cache_size = -8000"));
    }
    return &m_reports;
}

void Reader::lookForDamage()
{
    if (m_database.fault() != DatabaseFault::Damaged)
        return;
    m_database.close();
    m_damageSeen();
}

}
