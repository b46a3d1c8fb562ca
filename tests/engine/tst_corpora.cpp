#include "door_bench.h"

#include "support/printers.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QRegularExpression>
#include <QTest>

#include <map>
#include <optional>
#include <set>
#include <vector>

using namespace waystation;
using namespace waystation::bench;

namespace {

const QDir corpora(QStringLiteral(WAYSTATION_SOURCE_DIR "/../shared/corpora"));

EngineOptions hurried()
{
    EngineOptions options = anyPort();
    options.headLimit = Millis(300);
    options.bodyStallLimit = Millis(300);
    options.keepAliveLimit = Millis(300);
    return options;
}

QByteArray contentsOf(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

/// "\r", "\n", "\t", "\f", "\0" and "\x41" as the octets they stand for.
std::string unescaped(const QByteArray& text)
{
    std::string out;
    for (qsizetype i = 0; i < text.size(); ++i) {
        if (text[i] != '\\' || i + 1 == text.size()) {
            out += text[i];
            continue;
        }
        const char next = text[++i];
        switch (next) {
        case 'r':
            out += '\r';
            break;
        case 'n':
            out += '\n';
            break;
        case 't':
            out += '\t';
            break;
        case 'f':
            out += '\f';
            break;
        case '0':
            out += '\0';
            break;
        case 'x':
            out += static_cast<char>(text.mid(i + 1, 2).toInt(nullptr, 16));
            i += 2;
            break;
        default:
            out += '\\';
            out += next;
        }
    }
    return out;
}

/// Files that are about something else leave the Host field out; HTTP/1.1 may not.
std::string withHosts(const std::string& octets)
{
    const QString text = QString::fromLatin1(octets.data(), static_cast<qsizetype>(octets.size()));
    static const QRegularExpression line(
        QStringLiteral("[A-Z-]+ (?:https?://([^/?@ \\r\\n]+))?\\S* HTTP/1\\.1\\r\\n"));
    static const QRegularExpression host(
        QStringLiteral("\\nHost *:"), QRegularExpression::CaseInsensitiveOption);
    QString out;
    qsizetype done = 0;
    for (auto it = line.globalMatch(text); it.hasNext();) {
        const auto match = it.next();
        const qsizetype end = match.capturedEnd();
        const qsizetype blank = text.indexOf(QStringLiteral("\r\n\r\n"), end - 2);
        out += text.mid(done, end - done);
        if (!text.mid(end - 1, blank < 0 ? -1 : blank - end + 1).contains(host))
            out += QStringLiteral("Host: %1\r\n")
                       .arg(match.capturedLength(1) > 0 ? match.captured(1)
                                                        : QStringLiteral("localhost"));
        done = end;
    }
    out += text.mid(done);
    return out.toLatin1().toStdString();
}

struct Case
{
    std::string name;
    std::string octets;
    std::vector<int> statuses = {}; // of the replies, without 1xx
    int served = 0; // how many of them were 200
    bool ended = false;
};

/// Sends all cases side by side, each on a connection of its own, and gathers the replies until the
/// server ends it.
void play(std::vector<Case>& cases)
{
    DoorServer server(echo, hurried());
    std::vector<RawClient> clients;
    for (const Case& one : cases)
        clients.emplace_back(server.port()).send(one.octets);
    for (std::size_t i = 0; i < cases.size(); ++i) {
        bool isHead = cases[i].octets.starts_with("HEAD ");
        for (;;) {
            const Reply reply = clients[i].reply(5, isHead);
            if (reply.status == 0)
                break;
            if (reply.status < 200)
                continue;
            isHead = false;
            cases[i].statuses.push_back(reply.status);
            cases[i].served += reply.status == 200;
        }
        cases[i].ended = !clients[i].timedOut;
    }
    RawClient after(server.port());
    QCOMPARE(after.ask(get("/")).status, 200);
}

std::string described(const Case& one)
{
    std::string text = one.name + " got";
    for (const int status : one.statuses)
        text += " " + std::to_string(status);
    return text + (one.ended ? "" : " and went on") + ": "
        + QByteArray::fromStdString(one.octets.substr(0, 300))
              .toPercentEncoding(" /:;,=+\"*()")
              .toStdString();
}

/// Shows everything that is not as it should be, and counts it.
class Complaints
{
public:
    void about(const Case& one, const char* what)
    {
        ++m_count;
        qWarning("%s (%s)", described(one).c_str(), what);
    }

    void refusedUnlisted(const Case& one) { about(one, "is valid but was refused"); }

    int count() const { return m_count; }

private:
    int m_count = 0;
};

std::vector<Case> gunicornCases(const char* folder)
{
    const QDir dir(
        corpora.filePath(QStringLiteral("gunicorn/tests/requests/%1").arg(QLatin1String(folder))));
    std::vector<Case> cases;
    for (const QString& file : dir.entryList({QStringLiteral("*.http")}, QDir::Files)) {
        QByteArray text = contentsOf(dir.filePath(file));
        text.replace('\n', "");
        const std::string name = file.chopped(5).toStdString();
        cases.push_back({name, unescaped(text)});
    }
    return cases;
}

struct LlhttpCase
{
    Case sent;
    bool isLenient = false;
    int complete = 0; // messages that the other parser took whole before it stopped
    bool isHalted = false; // it stopped there by an error
};

std::vector<LlhttpCase> llhttpCases()
{
    static const QRegularExpression block(
        QStringLiteral("<!-- meta=(\\{[^\\n]*\\}) -->\\s*```http\\n(.*?)```.*?```log\\n(.*?)```"),
        QRegularExpression::DotMatchesEverythingOption);
    static const QRegularExpression joined(QStringLiteral("\\\\\\n"));
    const QDir dir(corpora.filePath(QStringLiteral("llhttp/test/request")));
    std::vector<LlhttpCase> cases;
    for (const QString& file : dir.entryList({QStringLiteral("*.md")}, QDir::Files)) {
        const QString text = QString::fromUtf8(contentsOf(dir.filePath(file)));
        int number = 0;
        for (auto it = block.globalMatch(text); it.hasNext();) {
            const auto match = it.next();
            QString input = match.captured(2);
            input.chop(1); // the line end before the fence
            input.remove(joined);
            input.replace(QLatin1Char('\n'), QStringLiteral("\r\n"));
            LlhttpCase one;
            one.sent.name = file.chopped(3).toStdString() + " " + std::to_string(++number);
            one.sent.octets = withHosts(unescaped(input.toUtf8()));
            one.isLenient = match.captured(1).contains(QStringLiteral("lenient"));
            for (const QString& line : match.captured(3).split(QLatin1Char('\n'))) {
                one.complete += line.endsWith(QStringLiteral("message complete"));
                // 21 is a pause that its test asked for, 22 the hand-over to another protocol.
                one.isHalted |= line.contains(QStringLiteral("error code="))
                    && !line.contains(QStringLiteral("code=21"))
                    && !line.contains(QStringLiteral("code=22"));
            }
            cases.push_back(std::move(one));
        }
    }
    return cases;
}

struct ProbeCase
{
    Case sent;
    bool mayServe = false;
    bool mustServe = false;
};

std::vector<ProbeCase> probeCases()
{
    static const QRegularExpression shape(
        QStringLiteral(
            "\\*\\*Expected\\*\\* \\| ([^\\n]*) \\|\\n.*?## What it sends\\n(.*?)\\n## "),
        QRegularExpression::DotMatchesEverythingOption);
    static const QRegularExpression block(
        QStringLiteral("```http\\n(.*?)```"), QRegularExpression::DotMatchesEverythingOption);
    QDir root(corpora.filePath(QStringLiteral("http11probe/docs/content/docs")));
    std::vector<ProbeCase> cases;
    for (const QString& folder : root.entryList(QDir::Dirs | QDir::NoDotAndDotDot)) {
        const QDir dir(root.filePath(folder));
        for (const QString& file : dir.entryList({QStringLiteral("*.md")}, QDir::Files)) {
            const QString text = QString::fromUtf8(contentsOf(dir.filePath(file)));
            const auto match = shape.match(text);
            auto blocks = block.globalMatch(match.captured(2));
            if (!match.hasMatch() || !blocks.hasNext())
                continue;
            QString raw = blocks.next().captured(1);
            // Several steps, or a long value that is only described.
            if (blocks.hasNext() || raw.contains(QStringLiteral("..."))
                || raw.contains(QLatin1Char('{')))
                continue;
            raw.remove(QLatin1Char('\n'));
            ProbeCase one;
            one.sent.name = (folder + QLatin1Char('/') + file.chopped(3)).toStdString();
            one.sent.octets = unescaped(raw.toLatin1());
            const QString expected = match.captured(1);
            one.mayServe = expected.contains(QStringLiteral("2xx"))
                || expected.contains(QStringLiteral("200"))
                || expected.contains(QStringLiteral("Any"))
                || expected.contains(QStringLiteral("pass-through"))
                || expected.contains(QStringLiteral("on-1"))
                || expected.startsWith(QStringLiteral("Not"))
                || expected.contains(QStringLiteral("non-`101`"));
            one.mustServe = expected == QStringLiteral("`2xx`");
            cases.push_back(std::move(one));
        }
    }
    return cases;
}

}

class TestCorpora : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void initTestCase() { raiseDescriptorLimit(); }

    void gunicornsInvalidRequestsAreNeverServed()
    {
        std::vector<Case> cases = gunicornCases("invalid");
        if (cases.empty())
            QSKIP("No folder gunicorn among the corpora.");
        // Valid HTTP that its settings refuse.
        const std::set<std::string> fine{
            "006", "007", "008", "009", "010", "011", "012", "017",
            "limit_header_default_01", // limits lower than ours
            "019", // a policy on schemes
            "041", // two Content-Type fields
        };
        for (Case& one : cases)
            one.octets = withHosts(one.octets);
        play(cases);
        Complaints complaints;
        for (const Case& one : cases) {
            if (!one.ended)
                complaints.about(one, "did not end");
            if (one.served > 0 && !fine.contains(one.name))
                complaints.about(one, "is invalid but was served");
        }
        QCOMPARE(complaints.count(), 0);
    }

    void gunicornsValidRequestsAreServed()
    {
        std::vector<Case> cases = gunicornCases("valid");
        if (cases.empty())
            QSKIP("No folder gunicorn among the corpora.");
        const std::map<std::string, const char*> refused{
            {"005", "fragment in the target"},
            {"009", "fragment in the target, coding identity"},
            {"025", "coding gzip"},
            {"025_line", "coding gzip"},
            {"rfc9112_smuggle_gzip_chunked_01", "coding gzip"},
            {"rfc9112_smuggle_te_identity_chunked_01", "coding identity"},
            {"029", "coding identity"},
            {"030", "coding identity"},
            {"027", "octets over 127 in the target"},
            {"031", "method"},
            {"031compat", "method"},
            {"031compat2", "method"},
            {"040", "underscore in the name of a framing field"},
            {"040_compat", "underscore in the name of a framing field"},
            {"rfc9112_target_absolute_userinfo_01", "user information in the target"},
            {"rfc9112_target_authority_connect_01", "method CONNECT"},
            {"rfc9112_target_authority_ipv6_01", "method CONNECT"},
            {"099", "the file holds less than half of the body"},
            // Served there with a setting only
            {"028", "space before the colon"},
            {"compat_obs_fold", "folded field"},
            {"compat_obs_fold_huge", "folded field"},
            {"pp_01", "PROXY line"},
            {"pp_02", "PROXY line"},
            {"pp_04", "PROXY line"},
            {"pp_05", "PROXY line"},
        };
        const std::map<std::string, int> several{{"018", 2}, {"022", 2}, {"023", 2}};
        for (Case& one : cases) {
            if (one.name != "020") // there a request line is body
                one.octets = withHosts(one.octets);
        }
        play(cases);
        Complaints complaints;
        int served = 0;
        for (const Case& one : cases) {
            const auto two = several.find(one.name);
            const int wanted
                = refused.contains(one.name) ? 0 : (two == several.end() ? 1 : two->second);
            served += one.served;
            if (one.served != wanted)
                complaints.about(one,
                    wanted == 0 ? "is listed as refused but was served"
                                : "is valid but was refused");
            if (!one.ended)
                complaints.about(one, "did not end");
        }
        QCOMPARE(complaints.count(), 0);
        QVERIFY(served > 35);
    }

    void llhttpsCasesAreServedWhereItsStrictModeDoes()
    {
        std::vector<LlhttpCase> known = llhttpCases();
        if (known.empty())
            QSKIP("No folder llhttp among the corpora.");
        QVERIFY(known.size() > 150);
        const std::map<std::string, const char*> refusedThoughValid{
            {"content-length 16", "the body is missing: its test skips it"},
            {"method 1", "method"},
            {"method 2", "method CONNECT"},
            {"method 3", "method CONNECT"},
            {"method 4", "method CONNECT"},
            {"method 5", "method"},
            {"method 7", "method"},
            {"method 8", "method"},
            {"method 9", "method"},
            {"method 10", "method"},
            {"method 11", "method"},
            {"method 12", "not HTTP: ICE/1.0"},
            {"method 13", "not HTTP: RTSP/1.0"},
            {"method 14", "not HTTP: RTSP/1.0"},
            {"method 16", "method"},
            {"sample 10", "HTTP/0.9"},
            {"transfer-encoding 20", "coding deflate"},
            {"transfer-encoding 21", "coding deflate"},
            {"uri 1", "backslash in the target"},
            {"uri 8", "fragment in the target"},
            {"uri 9", "method CONNECT"},
            {"uri 10", "user information in the target"},
        };
        // Cases of a lenient mode that are in order as they stand.
        const std::set<std::string> servedThoughLenient{
            "connection 4", "connection 11", // leniency is about what follows the close
            "lenient-headers 2", // and here about the second request
        };
        std::vector<Case> cases;
        for (const LlhttpCase& one : known)
            cases.push_back(one.sent);
        play(cases);
        Complaints complaints;
        for (std::size_t i = 0; i < cases.size(); ++i) {
            const Case& one = cases[i];
            if (!one.ended)
                complaints.about(one, "did not end");
            if (known[i].isLenient && one.served > 0 && !servedThoughLenient.contains(one.name))
                complaints.about(one, "needs leniency but was served");
            if (known[i].isLenient)
                continue;
            if (one.served > known[i].complete)
                complaints.about(one, "was served more often than there are messages");
            if (one.served < known[i].complete && !refusedThoughValid.contains(one.name))
                complaints.refusedUnlisted(one);
            if (one.served == known[i].complete && refusedThoughValid.contains(one.name))
                complaints.about(one, "is listed as refused but was served");
        }
        QCOMPARE(complaints.count(), 0);
    }

    void documentedProbesAreAnsweredAsExpected()
    {
        std::vector<ProbeCase> known = probeCases();
        if (known.empty())
            QSKIP("No folder http11probe among the corpora.");
        QVERIFY(known.size() > 140);
        const std::set<std::string> exceptions{
            "content-length/no-cl-in-204", "request-line/405-allow", // about what a path does
            "smuggling/cl0-body-poison",
            "smuggling/expect-100-cl-desync", // two requests in good order
        };
        std::vector<Case> cases;
        for (const ProbeCase& one : known)
            cases.push_back(one.sent);
        play(cases);
        Complaints complaints;
        for (std::size_t i = 0; i < cases.size(); ++i) {
            const Case& one = cases[i];
            if (exceptions.contains(one.name))
                continue;
            const bool isServed = !one.statuses.empty() && one.statuses.front() == 200;
            if (!one.ended)
                complaints.about(one, "did not end");
            if (isServed && !known[i].mayServe)
                complaints.about(one, "should be refused but was served");
            if (!isServed && known[i].mustServe)
                complaints.refusedUnlisted(one);
        }
        QCOMPARE(complaints.count(), 0);
    }

    void naughtyStringsComeBackAsTheyWent()
    {
        const QJsonArray strings = QJsonDocument::fromJson(
            contentsOf(corpora.filePath(QStringLiteral("blns/blns.json"))))
                                       .array();
        if (strings.isEmpty())
            QSKIP("No folder blns among the corpora.");
        QVERIFY(strings.size() > 500);
        DoorServer server;
        RawClient bodies(server.port());
        for (const auto& value : strings) {
            const std::string text = value.toString().toStdString();
            const Reply body = bodies.ask(post(text));
            QCOMPARE(body.status, 200);
            QCOMPARE(body.body, text);

            // As a field it is served or refused, and never anything else comes of it.
            RawClient field(server.port());
            field.send(
                get("/", "X-Text: " + text + "\r\n") + get("/last", "Connection: close\r\n"));
            const Reply first = field.reply();
            QVERIFY2(first.status == 200 || first.status == 400, text.c_str());
            if (first.status == 200) {
                QCOMPARE(field.reply().status, 200);
                QVERIFY(isValidText(text));
            }
            QVERIFY(field.ends());

            const std::string path
                = "/" + value.toString().toUtf8().toPercentEncoding().toStdString();
            RawClient escaped(server.port());
            const Reply served = escaped.ask(get(path));
            QVERIFY2(served.status == 200 || served.status == 400, text.c_str());
            if (served.status == 200)
                QVERIFY(served.head.find("X-Path: " + path + "\r\n") != std::string::npos);
            RawClient raw(server.port());
            raw.send(get("/" + text, "Connection: close\r\n"));
            QVERIFY(raw.reply().status >= 200);
            QVERIFY(raw.ends());
        }
    }

private:
    static bool isValidText(const std::string& text)
    {
        return std::none_of(text.begin(), text.end(), [](char c) {
            return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
        });
    }
};

QTEST_GUILESS_MAIN(TestCorpora)
#include "tst_corpora.moc"
