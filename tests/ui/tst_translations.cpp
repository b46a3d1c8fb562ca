#include <QDir>
#include <QFile>
#include <QRegularExpression>
#include <QTest>
#include <QXmlStreamReader>

namespace {

struct Message
{
    QString context;
    QString source;
    QStringList translations;
    QString type;
    bool isNumerus = false;
};

QList<Message> messagesOf(const QString& path)
{
    QList<Message> messages;
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return messages;
    QXmlStreamReader xml(&file);
    QString context;
    Message message;
    while (!xml.atEnd()) {
        xml.readNext();
        if (!xml.isStartElement()) {
            if (xml.isEndElement() && xml.name() == QStringLiteral("message"))
                messages << message;
            continue;
        }
        if (xml.name() == QStringLiteral("name")) {
            context = xml.readElementText();
        } else if (xml.name() == QStringLiteral("message")) {
            message = {context, {}, {}, {},
                xml.attributes().value(QStringLiteral("numerus")) == QStringLiteral("yes")};
        } else if (xml.name() == QStringLiteral("source")) {
            message.source = xml.readElementText();
        } else if (xml.name() == QStringLiteral("translation")) {
            message.type = xml.attributes().value(QStringLiteral("type")).toString();
            if (!message.isNumerus)
                message.translations << xml.readElementText();
        } else if (xml.name() == QStringLiteral("numerusform")) {
            message.translations << xml.readElementText();
        }
    }
    return messages;
}

QStringList placeholdersIn(const QString& text)
{
    static const QRegularExpression pattern(QStringLiteral("%(?:\\d+|L\\d+|n)"));
    QStringList found;
    auto matches = pattern.globalMatch(text);
    while (matches.hasNext())
        found << matches.next().captured();
    found.sort();
    return found;
}

QStringList languageFiles()
{
    const QDir folder(QStringLiteral(WAYSTATION_SOURCE_DIR) + QStringLiteral("/translations"));
    QStringList paths;
    for (const QString& name : folder.entryList({QStringLiteral("*.ts")}))
        paths << folder.filePath(name);
    return paths;
}

}

class TestTranslations : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void aLanguageIsComplete_data() { files(); }

    void aLanguageIsComplete()
    {
        QFETCH(QString, path);
        const QList<Message> messages = messagesOf(path);
        QVERIFY(!messages.isEmpty());
        for (const Message& message : messages) {
            const QByteArray where
                = (message.context + QStringLiteral(": ") + message.source).toUtf8();
            QVERIFY2(message.type.isEmpty(), where.constData());
            QVERIFY2(!message.translations.isEmpty(), where.constData());
            for (const QString& translation : message.translations)
                QVERIFY2(!translation.trimmed().isEmpty(), where.constData());
        }
    }

    void placeholdersAndLineBreaksAreKept_data() { files(); }

    void placeholdersAndLineBreaksAreKept()
    {
        QFETCH(QString, path);
        for (const Message& message : messagesOf(path)) {
            for (const QString& translation : message.translations) {
                const QByteArray where
                    = (message.context + QStringLiteral(": ") + message.source).toUtf8();
                QVERIFY2(placeholdersIn(translation) == placeholdersIn(message.source),
                    where.constData());
                QVERIFY2(
                    translation.count(QLatin1Char('\n')) == message.source.count(QLatin1Char('\n')),
                    where.constData());
            }
        }
    }

    /// Two controls of one place must not answer to one key.
    void mnemonicsAreKept_data() { files(); }

    void mnemonicsAreKept()
    {
        QFETCH(QString, path);
        static const QRegularExpression mnemonic(QStringLiteral("&[^&\\s]"));
        for (const Message& message : messagesOf(path)) {
            for (const QString& translation : message.translations) {
                const QByteArray where
                    = (message.context + QStringLiteral(": ") + message.source).toUtf8();
                QVERIFY2(message.source.contains(mnemonic) == translation.contains(mnemonic),
                    where.constData());
            }
        }
    }

private:
    static void files()
    {
        QTest::addColumn<QString>("path");
        for (const QString& path : languageFiles())
            QTest::addRow("%s", qPrintable(QFileInfo(path).fileName())) << path;
    }
};

QTEST_GUILESS_MAIN(TestTranslations)
#include "tst_translations.moc"
