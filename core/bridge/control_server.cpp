#include "bridge/control.h"

#include "base/secret.h"
#include "bridge/socket_name.h"

#include <nlohmann/json.hpp>

#include <QElapsedTimer>
#include <QLocalServer>
#include <QLocalSocket>
#include <QPointer>
#include <QTimer>

namespace waystation {

namespace {

constexpr qint64 mostLineBytes = 1 << 20;
constexpr int mostConnections = 32;
constexpr int usualPatience = 10'000; // milliseconds

/// One who asks: sends a line, gets a line, is gone.
class Caller : public QObject
{
public:
    Caller(QLocalSocket* socket, int patienceMillis,
        std::function<void(Caller&, std::string)> onLine, QObject* parent)
        : QObject(parent)
        , m_socket(socket)
        , m_onLine(std::move(onLine))
    {
        socket->setParent(this);
        socket->setReadBufferSize(mostLineBytes + 1);
        m_patience.setSingleShot(true);
        connect(&m_patience, &QTimer::timeout, this, &QObject::deleteLater);
        connect(socket, &QLocalSocket::disconnected, this, &QObject::deleteLater);
        connect(socket, &QLocalSocket::readyRead, this, &Caller::read);
        m_patience.setInterval(patienceMillis);
        m_patience.start();
        read();
    }

    void answer(const std::string& line)
    {
        m_socket->write(line.data(), qint64(line.size()));
        m_socket->write("\n", 1);
        m_patience.start();
        m_socket->disconnectFromServer(); // after what is written has left
    }

private:
    void read()
    {
        if (m_isAsked)
            return;
        if (!m_socket->canReadLine()) {
            if (m_socket->bytesAvailable() > mostLineBytes)
                deleteLater();
            return;
        }
        m_isAsked = true;
        m_patience.stop();
        QByteArray line = m_socket->readLine(mostLineBytes + 1);
        std::string request(line.constData(), std::size_t(line.size()));
        line.fill('\0');
        m_onLine(*this, std::move(request));
    }

    QLocalSocket* m_socket;
    std::function<void(Caller&, std::string)> m_onLine;
    QTimer m_patience;
    bool m_isAsked = false;
};

/// The verb of a request without secrets in it; those that the server itself answers are short.
std::string shortVerbOf(const std::string& request)
{
    if (request.size() > 200)
        return {};
    const auto parsed = nlohmann::json::parse(request, nullptr, false);
    if (!parsed.is_object() || !parsed.contains("verb") || !parsed["verb"].is_string())
        return {};
    return parsed["verb"].get<std::string>();
}

}

struct ControlServer::Parts
{
    explicit Parts(Verbs& shared)
        : verbs(shared)
    {
    }

    Verbs& verbs;
    QLocalServer server;
    int connections = 0;
    int patience = usualPatience;
};

ControlServer::ControlServer(Verbs& verbs, QObject* parent)
    : QObject(parent)
    , m_parts(std::make_unique<Parts>(verbs))
{
    connect(&m_parts->server, &QLocalServer::newConnection, this, [this] {
        while (QLocalSocket* const socket = m_parts->server.nextPendingConnection()) {
            if (m_parts->connections >= mostConnections
                || !isSameUser(socket->socketDescriptor())) {
                socket->abort();
                socket->deleteLater();
                continue;
            }
            ++m_parts->connections;
            auto* const caller = new Caller(
                socket, m_parts->patience,
                [this](Caller& asking, std::string request) {
                    const std::string verb = shortVerbOf(request);
                    if (verb == "window.raise" || verb == "quit") {
                        asking.answer(R"({"ok":true,"result":{}})");
                        QMetaObject::invokeMethod(
                            this,
                            [this, verb] {
                                if (verb == "quit")
                                    Q_EMIT quitRequested();
                                else
                                    Q_EMIT raiseRequested();
                            },
                            Qt::QueuedConnection);
                        return;
                    }
                    m_parts->verbs.run(
                        std::move(request), [guard = QPointer(&asking)](std::string reply) {
                            if (guard)
                                guard->answer(reply);
                            wipe(reply);
                        });
                },
                &m_parts->server);
            connect(caller, &QObject::destroyed, this, [this] { --m_parts->connections; });
        }
    });
}

ControlServer::~ControlServer()
{
    m_parts->server.close();
    // Callers go with the server; their counting must not reach what is half gone.
    for (QObject* const child : m_parts->server.children())
        child->disconnect(this);
}

void ControlServer::setPatience(int millis)
{
    m_parts->patience = millis;
}

Result<void> ControlServer::listen(const QString& dataDir)
{
    const QString name = controlSocketName(dataDir);
    // Who holds the folder's lock is the only one: what is left there is of a program that was
    // killed.
    QLocalServer::removeServer(name);
    m_parts->server.setSocketOptions(QLocalServer::UserAccessOption);
    if (!m_parts->server.listen(name))
        return Error{ErrorKind::Io,
            "cannot listen on " + name.toStdString() + ": "
                + m_parts->server.errorString().toStdString()};
    return {};
}

std::optional<std::string> askRunning(
    const QString& dataDir, const std::string& requestJson, int limitMillis)
{
    QLocalSocket socket;
    socket.connectToServer(controlSocketName(dataDir));
    QElapsedTimer clock;
    clock.start();
    const auto left = [&] { return std::max(0, limitMillis - int(clock.elapsed())); };
    if (!socket.waitForConnected(std::min(left(), 3'000)) || !isSameUser(socket.socketDescriptor()))
        return std::nullopt;
    socket.write(requestJson.data(), qint64(requestJson.size()));
    socket.write("\n", 1);
    while (!socket.canReadLine()) {
        if (socket.bytesToWrite() > 0 && !socket.waitForBytesWritten(left()))
            break;
        if (!socket.canReadLine() && !socket.waitForReadyRead(left()))
            break;
    }
    if (!socket.canReadLine())
        return R"({"ok":false,"error":{"kind":"timeout","message":"the running program did not answer in time","field":""}})";
    QByteArray line = socket.readLine();
    while (line.endsWith('\n'))
        line.chop(1);
    std::string reply(line.constData(), std::size_t(line.size()));
    line.fill('\0');
    return reply;
}

}
