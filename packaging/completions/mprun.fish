# Completion of the command line of mprun in fish.

# Whether the script stands in front of the cursor, so that what follows is the script's.
function __mprun_has_script
    set -l words (commandline -opc)
    set -e words[1]
    while set -q words[1]
        switch $words[1]
            case -e -l --deadlock --dump --explain
                set -e words[1]
            case --
                set -q words[2]
                return
            case -
                return 0
            case '-*'
            case '*'
                return 0
        end
        set -e words[1]
    end
    return 1
end

# Whether an option can stand here: not behind the script, and not behind `--`.
function __mprun_takes_options
    not __mprun_has_script; and not contains -- -- (commandline -opc)
end

# Lua scripts and directories; where there are none, all files.
function __mprun_scripts
    # Of a command that is not there fish knows nothing but files.
    set -l files (complete -C"'' "(commandline -ct))
    string match -r -- '^[^\t]*(?:\.lua|/)(?:\t.*)?$' $files
    or printf '%s\n' $files
end

# The processes that --dump can be asked about, with their command lines.
function __mprun_processes
    for file in (command grep -lsx mprun /proc/*/comm)
        set -l pid (string match -r '[0-9]+' $file); or continue
        test -O $file -o "$USER" = root; or continue
        set -l words (command cat /proc/$pid/cmdline 2>/dev/null | string split0)
        # One that has ended and that nobody has waited for has no command line.
        set -q words[1]; and printf '%s\t%s\n' $pid "$words"
    end
end

# The modules that `require` finds, in the package that the word names so far.
function __mprun_modules
    set -l word (commandline -ct | string replace -r '^-l' '')
    set -l global (string match -r '^[^=]*=' -- $word)
    set -l package (string replace -r '^[^=]*=' '' -- $word | string match -r '^.*\.')
    set -q package[1]; or printf '%s\n' "$global"{multiprocessing,time}
    set -l program (commandline -opc)[1]
    # -E: the user's LUA_INIT must not run because of a key press.
    set -l paths "$LUA_PATH_5_4" "$LUA_PATH" "$LUA_CPATH_5_4" "$LUA_CPATH" \
        (command $program -E -e 'print(package.path .. ";" .. package.cpath)' 2>/dev/null)
    for template in (string split ';' -- $paths | string match -r '^.*/[?].*')
        set -l ends (string split -m 1 '?' -- $template)
        for file in $ends[1](string replace -a . / -- "$package")*$ends[2]
            test -f $file; or continue
            set -l start (math (string length -- $ends[1]) + 1)
            set -l name (string sub -s $start -e -(string length -- $ends[2]) -- $file)
            # Names that would have to be quoted are no modules.
            string match -qr '[^A-Za-z0-9_/-]' -- $name; or echo "$global"(string replace -a / . -- $name)
        end
    end
end

complete -c mprun -f -n 'not __mprun_has_script' -a '(__mprun_scripts)'

set -l option complete -c mprun -n __mprun_takes_options
$option -s e -x -d 'Execute a string'
$option -s i -d 'Enter interactive mode after the script'
$option -s l -x -a '(__mprun_modules)' -d 'Require a library into a global'
$option -s v -d 'Show version information'
$option -s E -d 'Ignore environment variables'
$option -s W -d 'Turn warnings on'
$option -l label -d 'Put the name of its process before each line of output'
$option -l deadlock -x -d 'What to do when nobody can go on' -a '
    abort\t"Report it and raise a DeadlockError"
    report\t"Report it and wait on"
    off\t"Look for none"'
$option -l dump -x -a '(__mprun_processes)' -d 'Show what the processes of a family do'
$option -l die-with-parent -d 'Kill each process when its parent dies'
$option -l explain -x -d 'Explain the code of a report' -a '
    MP001\t"Locks taken in different orders"
    MP002\t"A lock acquired twice by the same process"
    MP003\t"Get from a queue that nobody puts to"
    MP004\t"Join of a queue whose tasks nobody finishes"
    MP005\t"Join of a process that waits for who joins it"
    MP006\t"A barrier with too few parties"
    MP007\t"A notification that nobody will send"
    MP008\t"Put into a full queue that nobody takes from"
    MP009\t"A lock that died with its owner"
    MP010\t"An event that nobody will set"
    MP011\t"A permit that nobody gives back"
    MP012\t"Nothing that could happen is waited for"
    MP013\t"A lock whose owner waits for something else"'
$option -l init -d 'Set this directory up for editors and linters'
$option -l help -d 'Show the options'
$option -l version -d 'Show version information and end'
