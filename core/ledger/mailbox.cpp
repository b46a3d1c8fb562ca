#include "ledger/mailbox.h"

namespace waystation {

Mailbox::Mailbox(QObject* parent)
    : QObject(parent)
{
}

void Mailbox::post(Letter letter)
{
    bool wasEmpty = false;
    if (m_letters.push(std::move(letter), wasEmpty) && wasEmpty)
        QMetaObject::invokeMethod(this, "drain", Qt::QueuedConnection);
}

void Mailbox::drain()
{
    for (const Letter& letter : m_letters.takeAll())
        letter();
}

void Mailbox::discard()
{
    m_letters.takeAll();
}

void MailThread::run()
{
    exec();
    bool wasEmpty = false;
    m_ended.push(1, wasEmpty);
}

void MailThread::join()
{
    wait();
    // The end of a thread passes through a lock that ThreadSanitizer knows; Qt's own it does not.
    m_ended.takeAll();
}

}
