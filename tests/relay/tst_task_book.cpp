#include "relay/task_book.h"

#include "support/plan_with.h"

#include <QTest>

using namespace waystation;

namespace {

TaskBinding bindingOf(std::string id, std::string channel, TimePoint made = noon)
{
    return {
        std::move(id), ChannelId(std::move(channel)), KeyId("main"), DialectId::OpenaiChat, made};
}

}

class tst_task_book : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void aTaskIsFoundWhereItWasMade()
    {
        TaskBook book;
        book.remember(bindingOf("video_1", "first"));
        book.remember(bindingOf("video_2", "second"));
        QCOMPARE(book.find("video_2", noon)->channel, ChannelId("second"));
        QVERIFY(!book.find("video_3", noon));
        book.remember(bindingOf("video_2", "third"));
        QCOMPARE(book.find("video_2", noon)->channel, ChannelId("third"));
        QCOMPARE(book.size(), std::size_t(2));
    }

    void aWeekIsRemembered()
    {
        TaskBook book;
        book.remember(bindingOf("video_1", "first"));
        QVERIFY(book.find("video_1", noon + TaskBook::longestAge));
        QVERIFY(!book.find("video_1", noon + TaskBook::longestAge + Micros(1)));
    }

    void theNewestStay()
    {
        TaskBook book;
        for (std::size_t i = 0; i < TaskBook::mostTasks + 5; ++i)
            book.remember(bindingOf("t" + std::to_string(i), "c"));
        QCOMPARE(book.size(), TaskBook::mostTasks);
        QVERIFY(!book.find("t4", noon));
        QVERIFY(book.find("t5", noon));
        QVERIFY(book.find("t" + std::to_string(TaskBook::mostTasks + 4), noon));
    }

    void oddIdsAreLeftOut()
    {
        TaskBook book;
        book.remember(bindingOf("", "c"));
        book.remember(bindingOf(std::string(1'000'000, 'x'), "c"));
        QCOMPARE(book.size(), std::size_t(0));
    }
};

QTEST_GUILESS_MAIN(tst_task_book)
#include "tst_task_book.moc"
