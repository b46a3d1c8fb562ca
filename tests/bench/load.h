#pragma once

#include <cstdint>
#include <string>
#include <vector>

/// What a run of the load generator saw. Times in microseconds.
struct LoadResult
{
    std::int64_t requests = 0;
    std::int64_t events = 0;
    std::int64_t errors = 0;
    double seconds = 0;
    std::vector<std::int32_t> latencies;  // of whole requests
    std::vector<std::int32_t> firstBytes; // from the last octet sent to the first received
    std::vector<std::int32_t> oneWay;     // of events, from the upstream's sending to our reading

    static double quantile(std::vector<std::int32_t>& values, double at);
};

struct LoadPlan
{
    std::uint16_t port = 0;
    bool tls = false;
    std::string request;       // head and body, ready to send
    int connections = 50;
    double seconds = 3;        // closed loop for so long
    double perSecond = 0;      // above 0: at this fixed rate over all connections, not closed loop
    int rounds = 0;            // above 0: each connection sends so many requests and stops (streams)
};

LoadResult runLoad(const LoadPlan& plan);
