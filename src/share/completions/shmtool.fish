# SPDX-License-Identifier: GPL-2.0-or-later
#
# fish completion for shmtool, and for shmls and the other short names.
# All candidates come from the hidden command `shmtool __complete`.

function __shmtool_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l program shmtool
    set -l name (string replace -r '.*/' '' -- $words[1])
    set -l verb
    if test $name = shmtool
        set program $words[1]
    else
        set verb (string replace -r '^shm' '' -- $name)
    end
    set -l lines ($program __complete $verb $words[2..-1] "$current" 2>/dev/null)
    switch "$lines[1]"
        case :file
            set -l option (string match -r -- '^--[^=]*=' $current)
            set -l typed (string replace -r -- '^--[^=]*=' '' $current)
            for path in (__fish_complete_path $typed)
                echo "$option$path"
            end
        case ':command *'
            # the words after the verb, and the verb or the program before them
            set -l first (math (string replace ':command ' '' -- $lines[1]) + 3 - (count $verb))
            complete -C (string join ' ' -- (string escape -- $words[$first..-1]) "$current")
        case '*'
            string join \n -- $lines
    end
end

for command in shmtool shmcreate shmattach shmread shmwrite shmstat shmset shmrm shmls
    complete -c $command -f -a '(__shmtool_complete)'
end
