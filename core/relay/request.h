#pragma once

#include "base/headers.h"
#include "base/url.h"
#include "relay/plan.h"

#include <string>
#include <string_view>
#include <vector>

namespace waystation {

/// Names the one channel (id or name) that a call of this program's own may use; ignored from any other client.
inline constexpr std::string_view channelHeader = "x-waystation-channel";

/// A request's head as the client sent it.
struct RequestHead
{
    std::string method;
    std::string path;  // as received, starts with "/"
    std::string query; // without "?"
    Headers headers;
    bool fromLoopback = true;
};

/// A whole request. The body has 64 octets of capacity behind its end.
struct RawCall
{
    RequestHead head;
    std::string body; // decoded (gzip, deflate, zstd)
};

/// What goes to an upstream. The body is given as slices so that a splice copies nothing; they point into the
/// RawCall and the Exchange, which outlive the sending.
struct UpstreamRequest
{
    Origin origin;
    std::string method;
    std::string target; // path and query
    Headers headers;    // without host, content-length, connection: the engine adds them
    std::vector<std::string_view> body;
};

struct ReplyHead
{
    int status = 0;
    Headers headers;
};

}
