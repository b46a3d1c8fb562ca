#pragma once

#include <QObject>

#if defined(WAYSTATION_HAS_DBUS)
#include <QDBusVariant>
#endif

namespace waystation {

/// Hears how a prompt of the Secret Service ended.
class SecretPrompt : public QObject
{
    Q_OBJECT
public:
    using QObject::QObject;

#if defined(WAYSTATION_HAS_DBUS)
public Q_SLOTS:

    void completed(bool dismissed, const QDBusVariant&)
    {
        Q_EMIT ended(dismissed);
    }
#endif

Q_SIGNALS:
    void ended(bool dismissed);
};

}
