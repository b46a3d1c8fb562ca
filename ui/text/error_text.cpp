#include "ui/text/error_text.h"

#include "provider/provider.h"
#include "ui/text/format.h"

#include <QCoreApplication>

namespace waystation {

namespace {

struct Words
{
    Q_DECLARE_TR_FUNCTIONS(Words)
};

}

QString textOf(ErrorKind kind)
{
    switch (kind) {
    case ErrorKind::None:
        return Words::tr("No error");
    case ErrorKind::BadRequest:
        return Words::tr("Not a valid request");
    case ErrorKind::Unauthenticated:
        return Words::tr("Client key unknown");
    case ErrorKind::NotAllowed:
        return Words::tr("Not allowed for this client key");
    case ErrorKind::Forbidden:
        return Words::tr("Refused: Host or Origin");
    case ErrorKind::NoRoute:
        return Words::tr("No channel serves this model");
    case ErrorKind::NotFound:
        return Words::tr("Not found");
    case ErrorKind::Unsupported:
        return Words::tr("Not supported by the channel");
    case ErrorKind::TooLarge:
        return Words::tr("Request too large");
    case ErrorKind::ClientTimeout:
        return Words::tr("The request did not arrive in time");
    case ErrorKind::LoopDetected:
        return Words::tr("A loop: the call came from Waystation itself");
    case ErrorKind::KeyUnavailable:
        return Words::tr("Upstream key not available");
    case ErrorKind::UpstreamAuth:
        return Words::tr("Upstream key refused");
    case ErrorKind::UpstreamBilling:
        return Words::tr("Upstream account out of credit");
    case ErrorKind::UpstreamRefused:
        return Words::tr("Refused by the upstream");
    case ErrorKind::UpstreamNotFound:
        return Words::tr("Model unknown to the upstream");
    case ErrorKind::RateLimited:
        return Words::tr("Rate limited");
    case ErrorKind::Overloaded:
        return Words::tr("Upstream overloaded");
    case ErrorKind::UpstreamFailed:
        return Words::tr("Upstream failed");
    case ErrorKind::ConnectFailed:
        return Words::tr("No connection");
    case ErrorKind::NameNotFound:
        return Words::tr("Host name not found");
    case ErrorKind::TlsFailed:
        return Words::tr("TLS failed");
    case ErrorKind::ProxyFailed:
        return Words::tr("Proxy failed");
    case ErrorKind::Timeout:
        return Words::tr("Timed out");
    case ErrorKind::Cut:
        return Words::tr("Answer cut off");
    case ErrorKind::BadReply:
        return Words::tr("Answer not understood");
    case ErrorKind::Cancelled:
        return Words::tr("Cancelled");
    case ErrorKind::Busy:
        return Words::tr("Busy");
    case ErrorKind::Io:
        return Words::tr("File or system error");
    case ErrorKind::Invalid:
        return Words::tr("Not a valid value");
    case ErrorKind::Conflict:
        return Words::tr("Already taken");
    case ErrorKind::Internal:
        break;
    }
    return Words::tr("Internal error");
}

QString textOf(const Error& error)
{
    const QString kind = textOf(error.kind);
    const QString message = fromUtf8(error.message);
    return message.isEmpty() ? kind : kind + QStringLiteral("\n") + message;
}

QString textOf(SecretState state)
{
    switch (state) {
    case SecretState::Ready:
        return Words::tr("Ready");
    case SecretState::Pending:
        return Words::tr("Being read from the vault");
    case SecretState::Locked:
        return Words::tr("Vault locked");
    case SecretState::Missing:
        return Words::tr("Missing from the vault");
    case SecretState::Slow:
        return Words::tr("The vault does not answer");
    case SecretState::Unavailable:
        break;
    }
    return Words::tr("No vault available");
}

QString textOf(Outcome outcome)
{
    switch (outcome) {
    case Outcome::Done:
        return Words::tr("Done");
    case Outcome::CancelledByClient:
        return Words::tr("Client left");
    case Outcome::CancelledByUser:
        return Words::tr("Cancelled by you");
    case Outcome::Cut:
        return Words::tr("Cut off");
    case Outcome::Refused:
        return Words::tr("Refused");
    case Outcome::Failed:
        break;
    }
    return Words::tr("Failed");
}

QString outcomeText(const CallRecord& record)
{
    if (record.outcome == Outcome::Done || record.outcome == Outcome::CancelledByClient
        || record.outcome == Outcome::CancelledByUser || !record.error)
        return textOf(record.outcome);
    const int status = record.status;
    if (status < 400)
        return textOf(record.error->kind);
    //: what went wrong, and the HTTP status
    return Words::tr("%1 (%2)").arg(textOf(record.error->kind)).arg(status);
}

Tone toneOf(const CallRecord& record)
{
    switch (record.outcome) {
    case Outcome::Done:
        return Tone::Good;
    case Outcome::CancelledByClient:
    case Outcome::CancelledByUser:
        return Tone::Idle;
    case Outcome::Cut:
        return Tone::Warn;
    case Outcome::Refused:
    case Outcome::Failed:
        break;
    }
    return Tone::Bad;
}

QString textOf(const RelayState& state, bool withDetail)
{
    switch (state.kind) {
    case RelayState::Kind::Starting:
        return Words::tr("Starting");
    case RelayState::Kind::Serving:
        return Words::tr("Serving");
    case RelayState::Kind::Paused:
        return Words::tr("Paused by you");
    case RelayState::Kind::CannotListen:
        if (withDetail && !state.detail.isEmpty())
            //: why the relay cannot listen
            return Words::tr("Cannot listen: %1").arg(state.detail);
        return Words::tr("Cannot listen");
    case RelayState::Kind::Stopped:
        break;
    }
    return Words::tr("Stopped");
}

Tone toneOf(const RelayState& state)
{
    switch (state.kind) {
    case RelayState::Kind::Serving:
        return Tone::Good;
    case RelayState::Kind::Paused:
        return Tone::Warn;
    case RelayState::Kind::CannotListen:
        return Tone::Bad;
    case RelayState::Kind::Starting:
    case RelayState::Kind::Stopped:
        break;
    }
    return Tone::Idle;
}

QString textOf(VaultKind kind)
{
    switch (kind) {
    case VaultKind::Keychain:
        return Words::tr("System keychain");
    case VaultKind::File:
        return Words::tr("Encrypted file");
    case VaultKind::Environment:
        return Words::tr("Environment variables");
    case VaultKind::Memory:
        break;
    }
    return Words::tr("Memory only");
}

QString textOf(VaultAnswer answer)
{
    switch (answer) {
    case VaultAnswer::Found:
        return Words::tr("Open");
    case VaultAnswer::Absent:
        return Words::tr("Empty");
    case VaultAnswer::Locked:
        return Words::tr("Locked");
    case VaultAnswer::Denied:
        return Words::tr("Access denied");
    case VaultAnswer::Slow:
        return Words::tr("No answer in time");
    case VaultAnswer::Unavailable:
        return Words::tr("Not available on this computer");
    case VaultAnswer::Failed:
        break;
    }
    return Words::tr("Failed");
}

QString textOf(UsageKind kind)
{
    switch (kind) {
    case UsageKind::Reported:
        return Words::tr("reported by the upstream");
    case UsageKind::Estimated:
        return Words::tr("estimated");
    case UsageKind::None:
        break;
    }
    return Words::tr("not counted");
}

QString textOf(PriceSource source)
{
    switch (source) {
    case PriceSource::Vendor:
        return Words::tr("the upstream itself");
    case PriceSource::Override:
        return Words::tr("your own price");
    case PriceSource::Table:
        return Words::tr("built-in price list");
    case PriceSource::Assumed:
        return Words::tr("the maker's price, assumed");
    case PriceSource::None:
        break;
    }
    return Words::tr("no price known");
}

QString textOf(Operation operation)
{
    switch (operation) {
    case Operation::Generate:
        return Words::tr("Generate");
    case Operation::CountTokens:
        return Words::tr("Count tokens");
    case Operation::Completions:
        return Words::tr("Completion");
    case Operation::Embeddings:
        return Words::tr("Embeddings");
    case Operation::Images:
        return Words::tr("Images");
    case Operation::Speech:
        return Words::tr("Speech");
    case Operation::Transcription:
        return Words::tr("Transcription");
    case Operation::VideoCreate:
    case Operation::VideoTask:
        return Words::tr("Video task");
    case Operation::Rerank:
        return Words::tr("Rerank");
    case Operation::Moderations:
        return Words::tr("Moderation");
    case Operation::ResponseTask:
        return Words::tr("Stored answer");
    case Operation::ListModels:
    case Operation::GetModel:
        return Words::tr("Model list");
    case Operation::Hello:
        break;
    }
    return Words::tr("Greeting");
}

QString shortTextOf(DialectId dialect)
{
    switch (dialect) {
    case DialectId::OpenaiChat:
        return QStringLiteral("Chat");
    case DialectId::OpenaiResponses:
        return QStringLiteral("Responses");
    case DialectId::Anthropic:
        return QStringLiteral("Messages");
    case DialectId::Gemini:
        break;
    }
    return QStringLiteral("Gemini");
}

ChannelState channelState(const ChannelFacts& facts, TimePoint now)
{
    if (!facts.enabled)
        return {Tone::Idle, Words::tr("Disabled")};
    if (facts.needsKey) {
        if (facts.keys.empty())
            return {Tone::Warn, Words::tr("Key missing")};
        bool anyReady = false;
        SecretState worst = SecretState::Ready;
        for (const SecretState state : facts.keys) {
            anyReady = anyReady || state == SecretState::Ready;
            if (state != SecretState::Ready)
                worst = state;
        }
        if (!anyReady)
            return {worst == SecretState::Pending ? Tone::Idle : Tone::Warn, textOf(worst)};
    }
    if (facts.rest && facts.rest->restingUntil && *facts.rest->restingUntil > now) {
        const auto left = std::chrono::ceil<Seconds>(*facts.rest->restingUntil - now);
        const QString reason = fromUtf8(facts.rest->reason);
        //: how long a channel rests, and why
        const QString text = reason.isEmpty()
            ? Words::tr("Resting %1").arg(durationText(Micros(left)))
            : Words::tr("Resting %1: %2").arg(durationText(Micros(left)), reason);
        return {Tone::Warn, text, true};
    }
    const int calls = facts.done + facts.failed;
    if (calls == 0)
        return {facts.isPractice ? Tone::Good : Tone::Idle,
            facts.isPractice ? Words::tr("Ready") : Words::tr("No traffic yet")};
    if (facts.failed == 0)
        return {Tone::Good, Words::tr("Serving")};
    //: failed calls of all calls in the last hour
    const QString text
        = Words::tr("%1 of %2 failed").arg(countText(facts.failed), countText(calls));
    return {facts.failed * 2 > calls ? Tone::Bad : Tone::Warn, text};
}

ChannelFacts factsOf(const ChannelSettings& channel, const Station& station)
{
    ChannelFacts facts;
    facts.enabled = channel.enabled;
    if (const Provider* provider = findProvider(channel.provider)) {
        facts.isPractice = provider->isPractice;
        facts.needsKey = provider->needsKey;
    }
    for (const KeySettings& key : channel.keys) {
        if (key.enabled)
            facts.keys.push_back(station.keyState(channel.id, key.id));
    }
    facts.rest = station.restOf(channel.id);
    return facts;
}

}
