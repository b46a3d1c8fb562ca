<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en_US" sourcelanguage="en">
<context>
    <name>ClientsModel</name>
    <message numerus="yes">
        <source>%n call(s), %1</source>
        <extracomment>how often a key was used, and what that cost</extracomment>
        <translation>
            <numerusform>%n call, %1</numerusform>
            <numerusform>%n calls, %1</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>waystation::ChannelsPage</name>
    <message numerus="yes">
        <source>%n extra header(s)</source>
        <translation>
            <numerusform>%n extra header</numerusform>
            <numerusform>%n extra headers</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source> and %n more</source>
        <extracomment>how many more models there are</extracomment>
        <translation>
            <numerusform> and %n more</numerusform>
            <numerusform> and %n more</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>waystation::OverviewPage</name>
    <message numerus="yes">
        <source>%n call(s) could not be recorded</source>
        <translation>
            <numerusform>%n call could not be recorded</numerusform>
            <numerusform>%n calls could not be recorded</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n call(s) of this period have no known price</source>
        <translation>
            <numerusform>%n call of this period has no known price</numerusform>
            <numerusform>%n calls of this period have no known price</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>+ %n call(s) of unknown price</source>
        <translation>
            <numerusform>+ %n call of unknown price</numerusform>
            <numerusform>+ %n calls of unknown price</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n call(s) in flight</source>
        <translation>
            <numerusform>%n call in flight</numerusform>
            <numerusform>%n calls in flight</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>waystation::Tray</name>
    <message numerus="yes">
        <source>%n call(s) in flight</source>
        <translation>
            <numerusform>%n call in flight</numerusform>
            <numerusform>%n calls in flight</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Today: %1, %n call(s)</source>
        <extracomment>money spent and calls made today</extracomment>
        <translation>
            <numerusform>Today: %1, %n call</numerusform>
            <numerusform>Today: %1, %n calls</numerusform>
        </translation>
    </message>
</context>
</TS>
