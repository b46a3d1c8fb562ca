#include "ledger/columns.h"

namespace waystation {

namespace {

struct Listing
{
    std::string names;
    int count = 0;

    void add(const char* column)
    {
        if (count++ > 0)
            names += ", ";
        names += column;
    }

    template <class T> void id(const char* column, const T&) { add(column); }

    template <class T> void time(const char* column, const T&) { add(column); }

    template <class T> void outcome(const char* column, const T&) { add(column); }

    template <class T> void usageKind(const char* column, const T&) { add(column); }

    template <class T> void name(const char* column, const T&) { add(column); }

    template <class T> void nameId(const char* column, const T&) { add(column); }

    template <class T> void money(const char* column, const T&) { add(column); }

    template <class T> void span(const char* column, const T&) { add(column); }

    template <class T> void number(const char* column, const T&) { add(column); }

    template <class T> void text(const char* column, const T&) { add(column); }

    template <class T, class From> void word(const char* column, const T&, From) { add(column); }

    template <class T> void error(const T&)
    {
        for (const char* column : {"error_kind", "error_message", "error_field", "error_retry_ms"})
            add(column);
    }
};

const Listing& listing()
{
    static const Listing all = [] {
        Listing made;
        const CallRecord none;
        eachColumn(made, none);
        return made;
    }();
    return all;
}

}

int codeOf(Outcome outcome)
{
    switch (outcome) {
    case Outcome::Done:
        return 0;
    case Outcome::CancelledByClient:
        return 1;
    case Outcome::CancelledByUser:
        return 2;
    case Outcome::Cut:
        return 3;
    case Outcome::Refused:
        return 4;
    case Outcome::Failed:
        break;
    }
    return 5;
}

Outcome outcomeOfCode(int code)
{
    for (const Outcome outcome : {Outcome::Done, Outcome::CancelledByClient,
             Outcome::CancelledByUser, Outcome::Cut, Outcome::Refused}) {
        if (codeOf(outcome) == code)
            return outcome;
    }
    return Outcome::Failed;
}

int codeOf(UsageKind kind)
{
    switch (kind) {
    case UsageKind::Reported:
        return 1;
    case UsageKind::Estimated:
        return 2;
    case UsageKind::None:
        break;
    }
    return 0;
}

UsageKind usageKindOfCode(int code)
{
    return code == 1 ? UsageKind::Reported : code == 2 ? UsageKind::Estimated : UsageKind::None;
}

const std::string& columnList()
{
    return listing().names;
}

int columnCount()
{
    return listing().count;
}

}
