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

}
