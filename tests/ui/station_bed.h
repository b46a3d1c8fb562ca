#pragma once

#include "bridge/station.h"
#include "settings/edit.h"

#include <QFile>
#include <QNetworkAccessManager>
#include <QNetworkReply>
#include <QNetworkRequest>
#include <QSignalSpy>
#include <QTcpServer>
#include <QTemporaryDir>
#include <QTest>

/// A station on a folder of its own, with a vault in memory and a free port.
class StationBed
{
public:
    /// False, with the reason said, when it did not open.
    bool open()
    {
        waystation::StationOptions options;
        options.dataDir = m_folder.path();
        options.vault = waystation::VaultKind::Memory;
        options.port = freePort();
        const auto opened = station.open(std::move(options));
        if (!opened) {
            qWarning("%s", opened.error().message.c_str());
            return false;
        }
        return QTest::qWaitFor(
            [this] { return station.relayState().kind == waystation::RelayState::Kind::Serving; },
            5000);
    }

    ~StationBed()
    {
        bool done = false;
        station.close(waystation::Millis(0), [&done] { done = true; });
        (void)QTest::qWaitFor([&done] { return done; }, 10'000);
    }

    static std::uint16_t freePort()
    {
        QTcpServer server;
        server.listen(QHostAddress::LocalHost);
        return server.serverPort();
    }

    waystation::Result<std::string> newClient(const std::string& name)
    {
        std::string key;
        const auto done
            = station.change([&](waystation::Settings& settings) -> waystation::Result<void> {
                  auto client = waystation::addClient(
                      settings, name, {}, std::nullopt, waystation::wallNow());
                  if (!client)
                      return client.error();
                  key = client->key;
                  return {};
              });
        if (!done)
            return done.error();
        return key;
    }

    /// The status of one chat call, and its body in `body`.
    int call(const std::string& key, const QByteArray& model, bool stream = false,
        QByteArray* body = nullptr)
    {
        QNetworkRequest request(QUrl(station.address() + QStringLiteral("/v1/chat/completions")));
        request.setRawHeader("Authorization", "Bearer " + QByteArray::fromStdString(key));
        request.setHeader(QNetworkRequest::ContentTypeHeader, QStringLiteral("application/json"));
        request.setAttribute(QNetworkRequest::Http2AllowedAttribute, false);
        const QByteArray json = R"({"model":")" + model + R"(","stream":)"
            + (stream ? "true" : "false")
            + R"(,"messages":[{"role":"user","content":"A way station is where couriers changed horses."}]})";
        QNetworkReply* reply = m_network.post(request, json);
        (void)QTest::qWaitFor([reply] { return reply->isFinished(); }, 15'000);
        const int status = reply->attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt();
        if (body)
            *body = reply->readAll();
        reply->deleteLater();
        return status;
    }

    waystation::Station station;

private:
    QTemporaryDir m_folder;
    QNetworkAccessManager m_network;
};
