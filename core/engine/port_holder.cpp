#include "engine/port_holder.h"

#include "base/text.h"

#ifdef __linux__
#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#endif

namespace waystation {

#ifdef __linux__

namespace {

/// Inodes of the sockets that listen on `port`, from one of the kernel's tables.
void addListeners(const char* table, std::uint16_t port, std::set<std::string>& links)
{
    std::array<char, 8> wanted{};
    std::snprintf(wanted.data(), wanted.size(), ":%04X", port);
    std::ifstream file(table);
    std::string line;
    while (std::getline(file, line)) {
        // sl local remote state queues timer retransmits uid timeout inode
        std::istringstream words(line);
        std::string slot, local, remote, state, queues, timer, retransmits, uid, timeout, inode;
        words >> slot >> local >> remote >> state >> queues >> timer >> retransmits >> uid
            >> timeout >> inode;
        if (state == "0A" && local.ends_with(wanted.data()))
            links.insert("socket:[" + inode + "]");
    }
}

}

std::string holderOfPort(std::uint16_t port)
{
    namespace fs = std::filesystem;
    std::set<std::string> links;
    addListeners("/proc/net/tcp", port, links);
    addListeners("/proc/net/tcp6", port, links);
    if (links.empty())
        return {};

    std::error_code error;
    for (fs::directory_iterator process("/proc", error), end; !error && process != end;
         process.increment(error)) {
        const std::string id = process->path().filename();
        if (!std::all_of(id.begin(), id.end(), [](char c) { return c >= '0' && c <= '9'; }))
            continue;
        std::error_code closed; // other users' processes do not tell
        for (fs::directory_iterator open(process->path() / "fd", closed); !closed && open != end;
             open.increment(closed)) {
            std::error_code gone;
            if (!links.contains(fs::read_symlink(open->path(), gone).string()))
                continue;
            std::ifstream file(process->path() / "comm");
            std::string name;
            std::getline(file, name);
            return oneLine(name, 40) + " (process " + id + ")";
        }
    }
    return {};
}

#else

std::string holderOfPort(std::uint16_t)
{
    return {};
}

#endif

}
