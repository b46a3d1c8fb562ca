#pragma once

#include "app/ctl/command.h"

#include "base/error.h"
#include "bridge/control.h"
#include "bridge/station.h"

#include <nlohmann/json.hpp>

#include <QString>

#include <memory>
#include <optional>
#include <string>

namespace waystation::ctl {

using Json = nlohmann::ordered_json;

struct ConsoleOptions
{
    QString dataDir;
    std::optional<VaultKind> vault;
    bool json = false;
};

/// What a verb needs when no program runs and the folder is opened here.
enum class Needs { Nothing, Vault, Relay }; // Relay: a listener (on any free port) and the vault

/// What came back. (Result<Json> does not do: JSON converts to anything.)
struct Reply
{
    Reply(Json result)
        : value(std::move(result))
    {
    }

    Reply(Error cause)
        : error(std::move(cause))
    {
    }

    explicit operator bool() const { return !error; }

    Json* operator->() { return &value; }

    Json& operator*() { return value; }

    std::optional<Error> error;
    Json value;
};

/// Asks the program that runs on the data folder; where none runs, opens the folder itself for as
/// long as the console lives.
class Console
{
public:
    explicit Console(ConsoleOptions options);
    ~Console();

    const ConsoleOptions& options() const { return m_options; }

    bool wantsJson() const { return m_options.json; }

    /// Secrets go beside the arguments and are wiped after use.
    struct Secrets
    {
        Secret secret;
        Secret passphrase;
    };

    Reply ask(const char* verb, Json args = Json::object(), Needs needs = Needs::Nothing);
    Reply ask(const char* verb, Json args, Needs needs, Secrets secrets);
    bool isRunning(); // a program answers for the folder

    /// Prints the error and what to do; the exit code to end with.
    int fail(const Error& error) const;

    int fail(const Reply& reply) const { return fail(*reply.error); }

    /// For --json: the value as one line. Returns Done.
    int printJson(const Json& value) const;

private:
    Result<void> openHere(Needs needs);
    Result<std::string> askHere(const std::string& request);
    void closeHere();

    ConsoleOptions m_options;
    std::unique_ptr<Station> m_station;
    std::unique_ptr<Verbs> m_verbs;
    bool m_hasRelay = false;
};

/// Asks for a passphrase, twice when `isNew`. Errors: Cancelled, Invalid (the two differ), Io
/// (nobody to ask).
Result<Secret> promptPassphrase(bool isNew);
/// True when the folder's vault file is there.
bool hasVaultFile(const QString& dataDir);

std::string textOf(const Json& value, const char* field);
std::int64_t numberOf(const Json& value, const char* field);
bool flagOf(const Json& value, const char* field);

}
