#include "ui/theme/colours.h"

namespace waystation {

namespace {

QColor hex(unsigned rgb)
{
    return QColor::fromRgb(0xff000000u | rgb);
}

}

const Colours& lightColours()
{
    static const Colours colours{
        .dark = false,
        .window = hex(0xF5F7F7),
        .sideBar = hex(0xECF0F0),
        .surface = hex(0xFFFFFF),
        .sunken = hex(0xEEF1F2),
        .hover = hex(0xE6EBEB),
        .border = hex(0xDFE4E6),
        .strongBorder = hex(0xC5CDD1),
        .text = hex(0x1A2124),
        .muted = hex(0x58646B),
        .faint = hex(0x849097),
        .accent = hex(0x0E8A7D),
        .accentHover = hex(0x0B766B),
        .onAccent = hex(0xFFFFFF),
        .accentSoft = hex(0xDCF0EE),
        .good = hex(0x2E9E5B),
        .warn = hex(0xC98A12),
        .bad = hex(0xD2453D),
        .idle = hex(0xB4BDC2),
        .goodText = hex(0x217845),
        .warnText = hex(0x8A5D06),
        .badText = hex(0xB3352E),
        .warnSoft = hex(0xFBF1DC),
        .badSoft = hex(0xFBE6E4),
        .series = {hex(0x0E8A7D), hex(0x4477AA), hex(0xDDAA33), hex(0xAA3377), hex(0x66B6DD),
            hex(0xE06A5F), hex(0x8B8B2B), hex(0xA8B2B7)},
    };
    return colours;
}

const Colours& darkColours()
{
    static const Colours colours{
        .dark = true,
        .window = hex(0x14181A),
        .sideBar = hex(0x101415),
        .surface = hex(0x1B2022),
        .sunken = hex(0x121618),
        .hover = hex(0x252B2E),
        .border = hex(0x2B3235),
        .strongBorder = hex(0x414B50),
        .text = hex(0xE6EBED),
        .muted = hex(0x9DA9AF),
        .faint = hex(0x727E85),
        .accent = hex(0x35C2B1),
        .accentHover = hex(0x4FD3C3),
        .onAccent = hex(0x06231F),
        .accentSoft = hex(0x173A36),
        .good = hex(0x2E9E5B),
        .warn = hex(0xC98A12),
        .bad = hex(0xD2453D),
        .idle = hex(0x4B565B),
        .goodText = hex(0x5CCB8A),
        .warnText = hex(0xE5B04A),
        .badText = hex(0xF0817A),
        .warnSoft = hex(0x33290F),
        .badSoft = hex(0x3A1D1B),
        .series = {hex(0x35C2B1), hex(0x6C9BD2), hex(0xE3B64C), hex(0xC766A0), hex(0x7CCBEA),
            hex(0xEE8078), hex(0xB3B352), hex(0x66727A)},
    };
    return colours;
}

const Colours& coloursOf(const QPalette& palette)
{
    return palette.color(QPalette::Window).lightness() < 128 ? darkColours() : lightColours();
}

QPalette paletteFor(const Colours& t)
{
    QPalette palette;
    palette.setColor(QPalette::Window, t.window);
    palette.setColor(QPalette::WindowText, t.text);
    palette.setColor(QPalette::Base, t.surface);
    palette.setColor(QPalette::AlternateBase, t.window);
    palette.setColor(QPalette::Text, t.text);
    palette.setColor(QPalette::PlaceholderText, t.faint);
    palette.setColor(QPalette::Button, t.surface);
    palette.setColor(QPalette::ButtonText, t.text);
    palette.setColor(QPalette::BrightText, t.badText);
    palette.setColor(QPalette::ToolTipBase, t.surface);
    palette.setColor(QPalette::ToolTipText, t.text);
    palette.setColor(QPalette::Highlight, t.accent);
    palette.setColor(QPalette::HighlightedText, t.onAccent);
    palette.setColor(QPalette::Link, t.accent);
    palette.setColor(QPalette::LinkVisited, t.accent);
    palette.setColor(QPalette::Light, t.surface);
    palette.setColor(QPalette::Midlight, t.hover);
    palette.setColor(QPalette::Mid, t.border);
    palette.setColor(QPalette::Dark, t.strongBorder);
    palette.setColor(QPalette::Shadow, t.strongBorder);
    for (const auto role :
        {QPalette::WindowText, QPalette::Text, QPalette::ButtonText, QPalette::HighlightedText})
        palette.setColor(QPalette::Disabled, role, t.faint);
    palette.setColor(QPalette::Disabled, QPalette::Highlight, t.border);
    return palette;
}

QColor fillOf(Tone tone, const Colours& t)
{
    switch (tone) {
    case Tone::Idle:
        return t.idle;
    case Tone::Good:
        return t.good;
    case Tone::Warn:
        return t.warn;
    case Tone::Bad:
        return t.bad;
    case Tone::Accent:
        break;
    }
    return t.accent;
}

QColor wordOf(Tone tone, const Colours& t)
{
    switch (tone) {
    case Tone::Idle:
        return t.muted;
    case Tone::Good:
        return t.goodText;
    case Tone::Warn:
        return t.warnText;
    case Tone::Bad:
        return t.badText;
    case Tone::Accent:
        break;
    }
    return t.accent;
}

}
