#include "support/test_certificates.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <stdexcept>

namespace waystation::test {

namespace {

template <auto Free> struct Freer
{
    template <class T> void operator()(T* thing) const { Free(thing); }
};

using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freer<X509_free>>;
using Memory = std::unique_ptr<BIO, Freer<BIO_free_all>>;

Key newKey()
{
    Key key(EVP_EC_gen("P-256"));
    if (!key)
        throw std::runtime_error("no key could be made");
    return key;
}

std::string text(BIO* memory)
{
    char* data = nullptr;
    const long size = BIO_get_mem_data(memory, &data);
    return std::string(data, static_cast<std::size_t>(size));
}

std::string pemOf(X509* certificate)
{
    const Memory memory(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(memory.get(), certificate);
    return text(memory.get());
}

std::string pemOf(EVP_PKEY* key)
{
    const Memory memory(BIO_new(BIO_s_mem()));
    PEM_write_bio_PrivateKey(memory.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
    return text(memory.get());
}

void extend(X509* certificate, X509* issuer, int kind, const std::string& value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
    if (!extension)
        throw std::runtime_error("bad certificate extension: " + value);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

/// Signed by `issuerKey`; by itself when `issuer` is null.
Certificate certify(const std::string& commonName, EVP_PKEY* key, X509* issuer, EVP_PKEY* issuerKey,
    int fromDays, int untilDays, bool isAuthority, const std::string& alternatives)
{
    Certificate certificate(X509_new());
    X509* x = certificate.get();
    X509_set_version(x, X509_VERSION_3);
    unsigned char serial[8];
    RAND_bytes(serial, sizeof serial);
    serial[0] &= 0x7f;
    BIGNUM* number = BN_bin2bn(serial, sizeof serial, nullptr);
    BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x));
    BN_free(number);
    X509_time_adj_ex(X509_getm_notBefore(x), fromDays, 0, nullptr);
    X509_time_adj_ex(X509_getm_notAfter(x), untilDays, 0, nullptr);
    X509_NAME* name = X509_get_subject_name(x);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
        reinterpret_cast<const unsigned char*>(commonName.c_str()), -1, -1, 0);
    X509_set_issuer_name(x, issuer ? X509_get_subject_name(issuer) : name);
    X509_set_pubkey(x, key);
    X509* authority = issuer ? issuer : x;
    extend(x, authority, NID_basic_constraints,
        isAuthority ? "critical,CA:TRUE" : "critical,CA:FALSE");
    extend(x, authority, NID_subject_key_identifier, "hash");
    if (isAuthority)
        extend(x, authority, NID_key_usage, "critical,keyCertSign,cRLSign");
    if (!alternatives.empty())
        extend(x, authority, NID_subject_alt_name, alternatives);
    X509_sign(x, issuerKey, EVP_sha256());
    return certificate;
}

std::string alternativesOf(const TestAuthority::Wish& wish)
{
    std::string list;
    for (const auto& name : wish.names)
        list += (list.empty() ? "DNS:" : ",DNS:") + name;
    for (const auto& address : wish.addresses)
        list += (list.empty() ? "IP:" : ",IP:") + address;
    return list;
}

}

struct TestAuthority::Parts
{
    Key key = newKey();
    Certificate certificate;
};

TestAuthority::TestAuthority(const std::string& name)
    : m_parts(std::make_unique<Parts>())
{
    EVP_PKEY* key = m_parts->key.get();
    m_parts->certificate = certify(name, key, nullptr, key, -1000, 3650, true, {});
}

TestAuthority::~TestAuthority() = default;

std::string TestAuthority::pem() const
{
    return pemOf(m_parts->certificate.get());
}

std::string TestAuthority::der() const
{
    unsigned char* data = nullptr;
    const int size = i2d_X509(m_parts->certificate.get(), &data);
    std::string der(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
    OPENSSL_free(data);
    return der;
}

TestIdentity TestAuthority::issue(const Wish& wish) const
{
    const Key key = newKey();
    const std::string name = wish.names.empty() ? "nameless" : wish.names.front();
    X509* root = m_parts->certificate.get();
    EVP_PKEY* rootKey = m_parts->key.get();
    if (!wish.throughIntermediate) {
        const auto leaf = certify(name, key.get(), root, rootKey, wish.fromDays, wish.untilDays,
            false, alternativesOf(wish));
        return TestIdentity{pemOf(leaf.get()), pemOf(key.get()), {}};
    }
    const Key middleKey = newKey();
    const auto middle = certify(
        "Waystation Test Intermediate", middleKey.get(), root, rootKey, -1000, 3650, true, {});
    const auto leaf = certify(name, key.get(), middle.get(), middleKey.get(), wish.fromDays,
        wish.untilDays, false, alternativesOf(wish));
    return TestIdentity{
        pemOf(leaf.get()), pemOf(key.get()), wish.sendsChain ? pemOf(middle.get()) : std::string()};
}

TestIdentity TestAuthority::expired() const
{
    Wish wish;
    wish.fromDays = -30;
    wish.untilDays = -1;
    return issue(wish);
}

TestIdentity TestAuthority::notYetValid() const
{
    Wish wish;
    wish.fromDays = 2;
    return issue(wish);
}

TestIdentity TestAuthority::wrongName() const
{
    Wish wish;
    wish.names = {"other.example"};
    wish.addresses = {};
    return issue(wish);
}

TestIdentity TestAuthority::withoutItsChain() const
{
    Wish wish;
    wish.throughIntermediate = true;
    wish.sendsChain = false;
    return issue(wish);
}

TestIdentity TestAuthority::selfSigned()
{
    const Key key = newKey();
    const auto certificate = certify(
        "localhost", key.get(), nullptr, key.get(), -1, 30, false, alternativesOf(Wish()));
    return TestIdentity{pemOf(certificate.get()), pemOf(key.get()), {}};
}

}
