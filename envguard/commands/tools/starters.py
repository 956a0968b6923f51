"""Programs that start another: sudo, env, timeout and their like."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from envguard.commands.options import Style, parse, table
from envguard.commands.tools.call import program_name

if TYPE_CHECKING:
    from envguard.commands.tools.call import Call

_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)
_USER = table(
    "--user -u =",
    "--group -g =",
    "--host -h =",
    "--prompt -p =",
    "--chdir -D =",
    "--chroot -R =",
    "--close-from -C =",
    "--role -r =",
    "--type -t =",
    "--command-timeout -T =",
    "--other-user -U =",
    "--set-home -H",
    "--preserve-env -E",
    "--non-interactive -n",
    "--stdin -S",
    "--reset-timestamp -k",
    "--login -i",
    "--shell -s",
    "--background -b",
    "--askpass -A",
)
STARTERS = {
    "sudo": (_USER, 0),
    "doas": (_USER, 0),
    "env": (
        table(
            "--unset -u =", "--chdir -C =", "--split-string -S =", "--ignore-environment -i", "--null -0", "--debug -v"
        ),
        0,
    ),
    "time": (table("--format -f =", "--output -o =", "--append -a", "--portability -p", "--verbose -v"), 0),
    "nohup": (table(), 0),
    "nice": (table("--adjustment -n ="), 0),
    "ionice": (table("--class -c =", "--classdata -n =", "--ignore -t"), 0),
    "command": (table("-p"), 0),
    "exec": (table("-a =", "-c", "-l"), 0),
    "builtin": (table(), 0),
    "stdbuf": (table("--input -i =", "--output -o =", "--error -e ="), 0),
    "timeout": (table("--signal -s =", "--kill-after -k =", "--preserve-status", "--foreground", "--verbose -v"), 1),
    "xvfb-run": (table("--auto-servernum -a", "--server-num -n =", "--server-args -s ="), 0),
    "unbuffer": (table("-p"), 0),
    "setsid": (table("--ctty -c", "--fork -f", "--wait -w"), 0),
}
"""Their options, and how many words of their own come before the program."""


def unwrap(call: Call) -> Call | None:
    """What a starter would start; the call itself if its program is none, None if it starts nothing."""
    while call.words and (known := STARTERS.get(program_name(call.program.text))):
        options, skipped = known
        inside = parse(call.words[1:], options, Style.CLAP, until_word=True)
        words = inside.rest[skipped:]
        variables, own = dict(call.variables), dict(call.own)
        if inside.has("--ignore-environment"):
            variables = {}
        for given in inside.options:
            if given.name == "--unset" and given.value:
                variables.pop(given.value, None)
        while words and (match := _ASSIGNMENT.fullmatch(words[0].text)):
            own[match[1]] = match[2] if words[0].known else None
            variables[match[1]], words = match[2], words[1:]
        wrapper = program_name(call.program.text)
        folder = inside.last("--chdir")
        call = replace(call.then(words, wrapper=wrapper), variables=variables, own=own)
        if folder is not None and folder.value:
            call = replace(call, folder=call.where.path(folder.value) if folder.known else None)
    return call if call.words else None
