#pragma once

#include <cstdint>
#include <memory>
#include <string>

/// A fast upstream for measuring, on its own thread, plain and TLS. What it answers is steered by the request:
/// a body with `"stream":true` gets `bench:events=N,gap=MICROS` events of about 270 octets in Chat's form, each with
/// its send time (`t=` and steady nanoseconds); any other gets a reply of about 600 octets with usage.
class BenchUpstream
{
public:
    /// `core`: the processor to stay on. `certificate` and `key`: PEM texts.
    BenchUpstream(int core, const std::string& certificate, const std::string& key);
    ~BenchUpstream();

    std::uint16_t plainPort() const;
    std::uint16_t tlsPort() const;

private:
    struct Parts;
    std::unique_ptr<Parts> m_parts;
};

/// Keeps the calling thread on one processor.
void stayOn(int core);
std::int64_t steadyNanos();
