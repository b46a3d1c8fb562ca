#include "engine/resolve.h"

#include "base/url.h"

#include <boost/asio/ip/tcp.hpp>

#include <algorithm>
#include <list>

namespace waystation {

namespace {

constexpr Seconds keptFor{30};
constexpr std::size_t mostKept = 256;

}

struct Resolver::Book
{
    struct Entry
    {
        Addresses addresses;
        Tick until{};
        bool isAsking = false;
        boost::system::error_code error;
        std::list<Signal*> waiting;
    };

    net::io_context& context;
    NameSource names;
    std::map<std::string, Entry, std::less<>> entries;

    void answered(const std::string& host, boost::system::error_code error, Addresses addresses)
    {
        Entry& entry = entries[host];
        entry.isAsking = false;
        entry.error = error;
        if (!error && addresses.empty())
            entry.error = net::error::host_not_found;
        entry.addresses = inTurns(addresses);
        entry.until = entry.error ? Tick{} : tickNow() + keptFor;
        for (Signal* signal : entry.waiting)
            signal->set();
    }

    void makeRoom()
    {
        if (entries.size() < mostKept)
            return;
        std::erase_if(entries,
            [](const auto& item) { return !item.second.isAsking && item.second.waiting.empty(); });
    }
};

NameSource systemNames(net::io_context& context)
{
    // The resolver's lookup cannot be interrupted, so nobody waits for it: it is kept alive until
    // it answers.
    const auto resolver = std::make_shared<net::ip::tcp::resolver>(context);
    return [resolver](const std::string& host,
               std::function<void(boost::system::error_code, Addresses)> answer) {
        resolver->async_resolve(host, std::string(),
            [answer = std::move(answer)](boost::system::error_code error,
                const net::ip::tcp::resolver::results_type& results) {
                Addresses addresses;
                for (const auto& result : results) {
                    const auto address = result.endpoint().address();
                    if (std::find(addresses.begin(), addresses.end(), address) == addresses.end())
                        addresses.push_back(address);
                }
                answer(error, std::move(addresses));
            });
    };
}

Addresses inTurns(const Addresses& addresses)
{
    Addresses first;
    Addresses second;
    for (const auto& address : addresses)
        (address.is_v6() == addresses.front().is_v6() ? first : second).push_back(address);
    Addresses turns;
    for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
        if (i < first.size())
            turns.push_back(first[i]);
        if (i < second.size())
            turns.push_back(second[i]);
    }
    return turns;
}

Resolver::Resolver(net::io_context& context, NameSource names)
    : m_book(std::make_shared<Book>(Book{context, std::move(names), {}}))
{
}

Resolver::~Resolver() = default;

net::awaitable<Result<Addresses>> Resolver::addressesOf(std::string host, Breaker& breaker)
{
    boost::system::error_code notNumeric;
    const auto address = net::ip::make_address(host, notNumeric);
    if (!notNumeric)
        co_return Addresses{address};
    // Never asked of a name server: what is meant for this machine stays on it.
    if (isLoopbackHost(host))
        co_return Addresses{net::ip::address_v4::loopback(), net::ip::address_v6::loopback()};

    const auto book = m_book;
    book->makeRoom();
    auto place = book->entries.find(host);
    if (place == book->entries.end())
        place = book->entries.emplace(host, Book::Entry{}).first;
    Book::Entry& entry = place->second; // entries that are asked or waited for stay where they are
    if (entry.until > tickNow())
        co_return entry.addresses;

    Signal answered(book->context.get_executor());
    const auto seat = entry.waiting.insert(entry.waiting.end(), &answered);

    struct Leaver
    {
        Book::Entry& entry;
        std::list<Signal*>::iterator seat;

        ~Leaver() { entry.waiting.erase(seat); }
    };

    const Leaver leaver{entry, seat};

    if (!entry.isAsking) {
        entry.isAsking = true;
        book->names(host, [book, host](boost::system::error_code error, Addresses found) {
            book->answered(host, error, std::move(found));
        });
    }
    co_await answered.wait(breaker);
    if (breaker.isBroken())
        co_return breaker.error("The name " + host + " was not found in time.");
    if (entry.error)
        co_return Error{ErrorKind::NameNotFound,
            "The name " + host + " is not known (" + entry.error.message() + ")."};
    co_return entry.addresses;
}

}
