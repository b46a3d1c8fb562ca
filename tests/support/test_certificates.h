#pragma once

#include <memory>
#include <string>
#include <vector>

namespace waystation::test {

/// A certificate with its key, and what a server sends behind it.
struct TestIdentity
{
    std::string certificatePem;
    std::string keyPem;
    std::string chainPem; // certificates between it and the root, as the server sends them
};

/// A certificate authority made at run time (P-256, so that it takes a millisecond).
class TestAuthority
{
public:
    explicit TestAuthority(const std::string& name = "Waystation Test CA");
    ~TestAuthority();

    std::string pem() const;
    std::string der() const;

    struct Wish
    {
        std::vector<std::string> names{"localhost"};
        std::vector<std::string> addresses{"127.0.0.1", "::1"};
        int fromDays = -1; // relative to now
        int untilDays = 30;
        bool throughIntermediate = false; // signed by one that this authority signed
        bool sendsChain = true;
    };

    TestIdentity issue(const Wish& wish) const;

    TestIdentity good() const { return issue(Wish()); }

    TestIdentity expired() const;
    TestIdentity notYetValid() const;
    TestIdentity wrongName() const; // "other.example" only
    TestIdentity withoutItsChain() const;
    /// Signed by itself, so by no authority.
    static TestIdentity selfSigned();

private:
    struct Parts;
    std::unique_ptr<Parts> m_parts;
};

}
