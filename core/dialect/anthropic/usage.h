#pragma once

#include "chat/usage.h"
#include "dialect/json.h"

namespace waystation::anthropic {

/// Counts that arrive in two parts (message_start, message_delta). A later figure replaces an
/// earlier one field by field; a 0 or an absent field leaves it, since some services count only at
/// the start and some only at the end.
class Counts
{
public:
    void merge(const json::Maybe& usage);
    /// In canonical form; nullopt when nothing was counted.
    std::optional<Usage> usage() const;

private:
    Tokens m_input = 0; // without cache
    Tokens m_cacheRead = 0;
    Tokens m_cacheWrite = 0; // both kinds
    Tokens m_cacheWrite5m = 0;
    Tokens m_cacheWrite1h = 0;
    Tokens m_output = 0;
    Tokens m_thinking = 0;
    std::int64_t m_webSearches = 0;
    std::string m_tier;
    Usage m_beside; // rounds that the outer figures leave out
};

}
