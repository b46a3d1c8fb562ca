#include "relay/retry.h"

#include <QTest>

using namespace waystation;

class tst_retry : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void theTable_data()
    {
        QTest::addColumn<int>("kind");
        QTest::addColumn<bool>("unsent");
        QTest::addColumn<bool>("sent");
        const auto row = [](ErrorKind kind, bool unsent, bool sent) {
            QTest::newRow(nameOf(kind)) << int(kind) << unsent << sent;
        };
        // An upstream that answered said that it did not do it.
        for (const ErrorKind kind : {ErrorKind::UpstreamAuth, ErrorKind::UpstreamBilling,
                 ErrorKind::RateLimited, ErrorKind::Overloaded, ErrorKind::UpstreamFailed,
                 ErrorKind::KeyUnavailable, ErrorKind::Unsupported, ErrorKind::NameNotFound,
                 ErrorKind::TlsFailed, ErrorKind::ProxyFailed})
            row(kind, true, true);
        // One that fell silent may be doing it, and a second call would be paid for too.
        for (const ErrorKind kind :
            {ErrorKind::Timeout, ErrorKind::Cut, ErrorKind::ConnectFailed, ErrorKind::BadReply})
            row(kind, true, false);
        for (const ErrorKind kind : {ErrorKind::UpstreamRefused, ErrorKind::UpstreamNotFound,
                 ErrorKind::BadRequest, ErrorKind::Unauthenticated, ErrorKind::NotAllowed,
                 ErrorKind::Forbidden, ErrorKind::NoRoute, ErrorKind::NotFound, ErrorKind::TooLarge,
                 ErrorKind::ClientTimeout, ErrorKind::LoopDetected, ErrorKind::Cancelled,
                 ErrorKind::Busy, ErrorKind::Io, ErrorKind::Invalid, ErrorKind::Conflict,
                 ErrorKind::Internal, ErrorKind::None})
            row(kind, false, false);
    }

    void theTable()
    {
        QFETCH(int, kind);
        QFETCH(bool, unsent);
        QFETCH(bool, sent);
        const Error error{ErrorKind(kind), "x"};
        QCOMPARE(worthAnotherRoute(error, false), unsent);
        QCOMPARE(worthAnotherRoute(error, true), sent);
    }
};

QTEST_GUILESS_MAIN(tst_retry)
#include "tst_retry.moc"
