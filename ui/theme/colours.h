#pragma once

#include <QColor>
#include <QPalette>

#include <array>

namespace waystation {

/// Every colour and measure of the window, by meaning.
struct Colours
{
    bool dark = false;
    QColor window; // behind everything
    QColor sideBar;
    QColor surface; // cards, tables, fields
    QColor sunken; // tracks, code
    QColor hover;
    QColor border; // hairlines
    QColor strongBorder; // of fields and buttons
    QColor text;
    QColor muted;
    QColor faint;
    QColor accent;
    QColor accentHover;
    QColor onAccent;
    QColor accentSoft; // behind chosen rows
    QColor good;
    QColor warn;
    QColor bad;
    QColor idle;
    QColor goodText; // the same meanings, legible as words
    QColor warnText;
    QColor badText;
    QColor warnSoft;
    QColor badSoft;
    std::array<QColor, 8> series; // told apart by colour-blind eyes too; the last is for "others"

    static constexpr int radius = 8;
    static constexpr int grid = 8;
};

const Colours& lightColours();
const Colours& darkColours();
/// The colours that a widget paints with; its palette tells which are in force.
const Colours& coloursOf(const QPalette& palette);
QPalette paletteFor(const Colours& colours);

/// A state's meaning, for dots and words.
enum class Tone { Idle, Good, Warn, Bad, Accent };
QColor fillOf(Tone tone, const Colours& colours);
QColor wordOf(Tone tone, const Colours& colours);

}
