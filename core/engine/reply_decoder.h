#pragma once

#include "base/error.h"

#include <cstdint>
#include <memory>
#include <string_view>

namespace waystation {

/// Undoes gzip or deflate while the octets come: what a sender flushed leaves at once.
class ReplyDecoder
{
public:
    /// Null for none and "identity". Errors: BadReply for a coding that is not known here.
    static Result<std::unique_ptr<ReplyDecoder>> forCoding(std::string_view contentEncoding);
    ~ReplyDecoder();

    /// The next octets as received; they stay where they are until take() gave an empty view.
    void give(std::string_view octets);
    /// Decoded octets, good until the next call; empty when more input is needed. Errors: BadReply
    /// when broken, or when it grows beyond 100 times what came (and 1 MiB).
    Result<std::string_view> take();
    /// The input is over. Errors: Cut when the coding says that more should follow.
    Result<void> inputEnded() const;

private:
    explicit ReplyDecoder(bool isGzip);

    struct Parts;
    std::unique_ptr<Parts> m_parts;
};

}
