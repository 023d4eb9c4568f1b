# SPDX-License-Identifier: GPL-2.0-or-later
#
# The examples of manual pages (mdoc) and of README.md, each ended by a NUL: the
# lines of .Dl; in a display, the lines after a prompt ($ or #) or, if there is
# none, the whole display as one script.

function plain(text) {
	gsub(/\\\(aq/, "'", text)
	gsub(/\\\(dq/, "\"", text)
	gsub(/\\&/, "", text)
	gsub(/\\-/, "-", text)
	gsub(/\\e/, "\\", text)
	return text
}

function example(text) {
	if (text != "")
		printf "%s%c", text, 0
}

function end_display() {
	if (!prompts)
		example(script)
	inside = prompts = 0
	script = ""
}

FILENAME ~ /\.md$/ {
	if (sub(/^    [$#] /, ""))
		example($0)
	next
}
/^\.Dl / { example(plain(substr($0, 5))); next }
/^\.Bd / { inside = 1; next }
/^\.Ed/ { end_display(); next }
inside {
	line = plain($0)
	if (sub(/^[$#] /, "", line)) {
		prompts = 1
		example(line)
	} else
		script = script line "\n"
}
