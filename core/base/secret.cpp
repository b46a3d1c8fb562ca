#include "base/secret.h"

#include <openssl/crypto.h>

#include <cstring>
#include <new>

namespace waystation {

struct Secret::Octets
{
    explicit Octets(std::string_view text)
        : data(static_cast<char*>(OPENSSL_secure_malloc(text.size()))), size(text.size())
    {
        // When the locked pool is full, memory that may be swapped is still better than none; it is wiped all the same.
        if (!data)
            data = static_cast<char*>(OPENSSL_malloc(size));
        if (!data)
            throw std::bad_alloc();
        std::memcpy(data, text.data(), size);
    }

    ~Octets() { OPENSSL_secure_clear_free(data, size); }

    Octets(const Octets&) = delete;
    Octets& operator=(const Octets&) = delete;

    char* data;
    std::size_t size;
};

Secret::Secret(std::string_view text)
    : m_octets(text.empty() ? nullptr : std::make_shared<const Octets>(text))
{
}

Secret Secret::taking(std::string& text)
{
    Secret secret {std::string_view(text)};
    wipe(text);
    return secret;
}

Secret Secret::share() const
{
    Secret other;
    other.m_octets = m_octets;
    return other;
}

std::string_view Secret::reveal() const
{
    return m_octets ? std::string_view(m_octets->data, m_octets->size) : std::string_view();
}

std::string Secret::masked() const
{
    return maskedSecret(reveal());
}

bool equalInConstantTime(std::string_view a, std::string_view b)
{
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

void wipe(std::string& text)
{
    text.resize(text.capacity());
    OPENSSL_cleanse(text.data(), text.size());
    text.clear();
}

std::string maskedSecret(std::string_view text)
{
    if (text.empty())
        return {};
    if (text.size() < 16)
        return "...";
    const std::string tail(text.substr(text.size() - 4));
    return std::string(text.substr(0, 3)) + "..." + tail;
}

bool prepareSecretMemory()
{
    if (CRYPTO_secure_malloc_initialized())
        return true;
    // 1 = locked, 2 = in use but not locked. 1 MiB holds thousands of keys in 32-octet steps.
    return CRYPTO_secure_malloc_init(1 << 20, 32) == 1;
}

}
