# Keeps the arrows that the linker cannot see: reads every #include under each folder and compares it with one table, and
# looks for what GCC 12 gets wrong inside co_await.
#   cmake -DROOT=<source folder> -P layering.cmake              checks the sources
#   cmake -DPLANTED=<empty folder> -P layering.cmake            checks the check, on violations planted there
cmake_minimum_required(VERSION 3.25)

# folder | what its sources may include beside their own room, the standard library and headers of the same folder.
# Rooms by name; qt, qtsql, qtnet, qtgui, asio, boost, json (nlohmann), simdjson, openssl, sodium, zlib, zstd, keychain,
# system (headers of the operating system).
set(table
    "core/base|boost openssl system"
    "core/chat|base boost json"
    "core/dialect|chat base json simdjson"
    "core/provider|dialect chat base json"
    "core/tokens|base zstd"
    "core/relay|tokens provider dialect chat base json simdjson"
    "core/engine|relay tokens provider dialect chat base boost asio openssl zlib zstd system"
    "core/ledger|relay provider dialect chat base qt qtsql json system"
    "core/vault|base qt sodium keychain json system"
    "core/settings|relay provider dialect chat base qt json system"
    "core/bridge|engine/engine.h ledger vault settings relay provider dialect chat base qt qtnet json system prices_data.h"
    "ui|bridge base settings/settings.h settings/edit.h ledger/report.h relay/call_record.h relay/practice.h provider/provider.h chat/usage.h chat/json_form.h qt qtgui"
    "app|ui bridge vault settings provider relay/redact.h base qt qtgui qtnet json system"
    "app/ctl|app bridge vault settings base qt json system")

# What an include names: "relay/route.h" stays, <QString> is qt.
function(kind_of include result)
    if(include MATCHES "^\"(.*)\"$")
        set(kind "${CMAKE_MATCH_1}")
    elseif(include MATCHES "^<(QSql|QtSql)")
        set(kind qtsql)
    elseif(include MATCHES "^<(QNetwork|QtNetwork|QLocal(Server|Socket)|QTcp|QUdp|QSsl|QHost)")
        set(kind qtnet)
    elseif(include MATCHES "^<(QtWidgets|QtGui|QtSvg|QWidget|QPainter|QApplication|QGuiApplication|QWindow|QIcon|QPixmap|QMenu|QSystemTrayIcon)")
        set(kind qtgui)
    elseif(include MATCHES "^<(Q[A-Z]|Qt|qt)[A-Za-z0-9/_]*(\\.h)?>$" AND NOT include MATCHES "keychain")
        set(kind qt)
    elseif(include MATCHES "keychain")
        set(kind keychain)
    elseif(include MATCHES "^<boost/(asio|beast)")
        set(kind asio)
    elseif(include MATCHES "^<boost/")
        set(kind boost)
    elseif(include MATCHES "^<nlohmann/")
        set(kind json)
    elseif(include MATCHES "^<simdjson")
        set(kind simdjson)
    elseif(include MATCHES "^<openssl/")
        set(kind openssl)
    elseif(include MATCHES "^<sodium")
        set(kind sodium)
    elseif(include MATCHES "^<zlib")
        set(kind zlib)
    elseif(include MATCHES "^<zstd")
        set(kind zstd)
    elseif(include MATCHES "^<[a-z_0-9]+>$")
        set(kind standard)
    else()
        set(kind system)
    endif()
    set(${result} "${kind}" PARENT_SCOPE)
endfunction()

function(check_includes root result)
    set(found "")
    foreach(line IN LISTS table)
        string(REGEX MATCH "^([^|]*)\\|(.*)$" unused "${line}")
        set(folder "${CMAKE_MATCH_1}")
        string(REPLACE " " ";" allowed "${CMAKE_MATCH_2}")
        string(REGEX REPLACE "^core/" "" room "${folder}")
        file(GLOB_RECURSE files "${root}/${folder}/*.h" "${root}/${folder}/*.cpp" "${root}/${folder}/*.mm")
        foreach(file IN LISTS files)
            # app/ctl has a line of its own
            if(folder STREQUAL "app" AND file MATCHES "/app/ctl/")
                continue()
            endif()
            file(STRINGS "${file}" includes REGEX "^[ \t]*#[ \t]*include[ \t]*[<\"]")
            file(RELATIVE_PATH name "${root}" "${file}")
            foreach(include IN LISTS includes)
                string(REGEX REPLACE "^[ \t]*#[ \t]*include[ \t]*([<\"][^>\"]*[>\"]).*$" "\\1" include "${include}")
                kind_of("${include}" kind)
                if(kind STREQUAL "standard" OR kind IN_LIST allowed)
                    continue()
                endif()
                set(fits FALSE)
                if(include MATCHES "^\"")
                    if(kind MATCHES "^${room}/" OR NOT kind MATCHES "/")
                        set(fits TRUE) # its own room, or a header that is made beside it
                    endif()
                    if(kind STREQUAL "prices_data.h" AND NOT "prices_data.h" IN_LIST allowed)
                        set(fits FALSE)
                    endif()
                    foreach(one IN LISTS allowed)
                        if(NOT one MATCHES "\\." AND kind MATCHES "^${one}/")
                            set(fits TRUE)
                        endif()
                    endforeach()
                endif()
                if(NOT fits)
                    list(APPEND found "${name} may not include ${include}")
                endif()
            endforeach()
        endforeach()
    endforeach()
    set(${result} "${found}" PARENT_SCOPE)
endfunction()

# GCC 12 destroys a braced struct or a capturing lambda twice when it is written inside a co_await expression.
function(check_awaits root result)
    set(found "")
    file(GLOB_RECURSE files "${root}/core/engine/*.h" "${root}/core/engine/*.cpp")
    foreach(file IN LISTS files)
        file(READ "${file}" text)
        file(RELATIVE_PATH name "${root}" "${file}")
        # Semicolons and brackets mean something to CMake's lists.
        string(REPLACE ";" "@E@" text "${text}")
        string(REPLACE "[" "@O@" text "${text}")
        string(REPLACE "]" "@C@" text "${text}")
        string(REGEX REPLACE "\"([^\"\\\\\n]|\\\\.)*\"" "\"\"" text "${text}")
        string(REGEX REPLACE "//[^\n]*" "" text "${text}")
        string(REPLACE "co_return" "@E@co_return" text "${text}")
        # A block that opens behind a condition is no part of what is awaited.
        string(REGEX REPLACE "\\) *{ *\n" ")@E@" text "${text}")
        string(REPLACE "@E@" ";" text "${text}")
        foreach(statement IN LISTS text)
            if(statement MATCHES "co_await(.*)$")
                set(awaited "${CMAKE_MATCH_1}")
                if(awaited MATCHES "{" OR awaited MATCHES "[(, ={]@O@[^@]")
                    string(REGEX REPLACE "[ \n]+" " " awaited "${awaited}")
                    string(REPLACE "@O@" "(capture" awaited "${awaited}")
                    string(REPLACE "@C@" ")" awaited "${awaited}")
                    list(APPEND found "${name}: name what is braced or captured first: co_await${awaited}")
                endif()
            endif()
        endforeach()
    endforeach()
    set(${result} "${found}" PARENT_SCOPE)
endfunction()

if(PLANTED)
    file(REMOVE_RECURSE "${PLANTED}")
    file(WRITE "${PLANTED}/core/relay/bad.cpp" "#include \"relay/bad.h\"\n#include <boost/asio/post.hpp>\n#include <vector>\n")
    file(WRITE "${PLANTED}/core/relay/good.cpp" "#include \"provider/provider.h\"\n#include <simdjson.h>\n")
    file(WRITE "${PLANTED}/core/dialect/bad.h" "#  include <QString>\n")
    file(WRITE "${PLANTED}/core/chat/bad.h" "#include \"engine/engine.h\"\n")
    file(WRITE "${PLANTED}/core/bridge/bad.cpp" "#include \"engine/door.h\"\n#include \"engine/engine.h\"\n")
    file(WRITE "${PLANTED}/core/ledger/bad.cpp" "#include <QNetworkAccessManager>\n#include <QSqlQuery>\n")
    file(WRITE "${PLANTED}/ui/bad.cpp" "#include \"ledger/ledger.h\"\n#include \"ledger/report.h\"\n#include <QWidget>\n")
    file(WRITE "${PLANTED}/app/ctl/bad.cpp" "#include <QWidget>\n#include \"app/ctl/console.h\"\n")
    file(WRITE "${PLANTED}/core/engine/bad.cpp" "auto a = co_await f(Options {.name = s});
auto b = co_await g(x,
    [this] { done(); });
while (auto raw = co_await door.next()) {
    co_await h([](int) { });
}
auto c = co_await k(values[0]);
")
    file(WRITE "${PLANTED}/core/engine/good.cpp" "auto c = co_await k(values[0]);
if (co_await door.reply(1)) {
    co_return;
}
// co_await f({1}) would be destroyed twice
")
    check_includes("${PLANTED}" includes)
    check_awaits("${PLANTED}" awaits)
    set(wanted
        "core/dialect/bad.h may not include <QString>" "core/chat/bad.h may not include \"engine/engine.h\""
        "core/relay/bad.cpp may not include <boost/asio/post.hpp>" "core/bridge/bad.cpp may not include \"engine/door.h\""
        "core/ledger/bad.cpp may not include <QNetworkAccessManager>" "ui/bad.cpp may not include \"ledger/ledger.h\""
        "app/ctl/bad.cpp may not include <QWidget>")
    foreach(one IN LISTS wanted)
        if(NOT one IN_LIST includes)
            message(SEND_ERROR "planted, and not found: ${one}")
        endif()
    endforeach()
    list(LENGTH wanted expected)
    list(LENGTH includes count)
    if(NOT count EQUAL expected)
        message(SEND_ERROR "expected ${expected} includes that do not fit, found: ${includes}")
    endif()
    list(LENGTH awaits count)
    # The third has no capture, but a brace: it is named too, to keep the search simple.
    if(NOT count EQUAL 3)
        message(SEND_ERROR "expected three awaits that do not fit, found ${count}: ${awaits}")
    endif()
    file(REMOVE_RECURSE "${PLANTED}")
    return()
endif()

check_includes("${ROOT}" includes)
check_awaits("${ROOT}" awaits)
foreach(one IN LISTS includes awaits)
    message(SEND_ERROR "${one}")
endforeach()
