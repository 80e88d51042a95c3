# Completion of the command line of mprun in bash. It needs nothing but bash itself.

# The processes that --dump can be asked about.
_mprun_processes() {
    local directory name
    for directory in /proc/[0-9]*/; do
        [[ -O $directory || $EUID == 0 ]] || continue
        # One that has ended and that nobody has waited for has no command line.
        { read -r name <"${directory}comm" && read -rd '' _ <"${directory}cmdline"; } 2>/dev/null || continue
        [[ $name != mprun ]] || echo "${directory//[^0-9]/}"
    done
}

# _mprun_modules PROGRAM WORD: the modules that `require` finds for PROGRAM in the package that WORD names so far.
_mprun_modules() {
    local package=${2%"${2##*.}"} paths templates template file
    [[ -n $package ]] || printf '%s\n' multiprocessing time
    # -E: the user's LUA_INIT must not run because of a key press.
    paths=$(command "$1" -E -e 'print(package.path .. ";" .. package.cpath)' 2>/dev/null)
    paths="${LUA_PATH_5_4-${LUA_PATH-}};${LUA_CPATH_5_4-${LUA_CPATH-}};$paths"
    IFS=';' read -ra templates <<<"$paths"
    for template in "${templates[@]}"; do
        [[ $template == */\?* ]] || continue
        for file in "${template%%\?*}${package//.//}"*"${template#*\?}"; do
            [[ -f $file ]] || continue
            file=${file#"${template%%\?*}"}
            file=${file%"${template#*\?}"}
            # Names that would have to be quoted are no modules.
            [[ $file == *[!A-Za-z0-9_/-]* ]] || printf '%s\n' "${file//\//.}"
        done
    done
}

# Lua scripts and directories; of other files, readline's own completion knows.
_mprun_scripts() {
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -X '!*.lua' -- "$1"; compgen -d -- "$1")
}

_mprun() {
    local program=$1 word words=() i
    COMPREPLY=()

    # Readline takes `--deadlock=off` for three words.
    for word in "${COMP_WORDS[@]:0:COMP_CWORD+1}"; do
        if ((${#words[@]})) && [[ $word == = || ${words[-1]} == *= ]]; then
            words[-1]+=$word
        else
            words+=("$word")
        fi
    done

    # What the last word is: an option or the script, the argument of an option, or one of the script's.
    local last=$((${#words[@]} - 1)) current=${words[-1]} place='option'
    for ((i = 1; i < last; i++)); do
        case $place:${words[i]} in
            option:-[el] | option:--deadlock | option:--dump | option:--explain) place=${words[i]} ;;
            option:--) place='script' ;;
            option:-) place='argument' ;;
            option:-*) ;;
            option:* | script:*) place='argument' ;;
            argument:*) ;;
            *) place='option' ;;
        esac
    done
    if [[ $place == option ]]; then
        case $current in
            --*=*) place=${current%%=*} current=${current#*=} ;;
            -[el]?*) place=${current::2} current=${current:2} ;;
            -*) ;;
            *) place='script' ;;
        esac
    fi
    [[ $place != -l ]] || current=${current#*=}

    local choices=()
    case $place in
        script)
            _mprun_scripts "$current"
            return
            ;;
        argument) return ;;
        option)
            choices=(-e -i -l -v -E -W --label --deadlock --dump --die-with-parent --explain --init --help --version)
            ;;
        -l) mapfile -t choices < <(_mprun_modules "$program" "$current") ;;
        --deadlock) choices=(abort report off) ;;
        --dump) mapfile -t choices < <(_mprun_processes) ;;
        --explain) choices=(MP0{01..13}) ;;
    esac
    compopt +o default 2>/dev/null

    # What readline replaces may begin before what is completed, as with -lmod.
    local replaced=${COMP_WORDS[COMP_CWORD]#=}
    for word in "${choices[@]}"; do
        [[ $word != "$current"* ]] || COMPREPLY+=("${replaced%"$current"}$word")
    done
}

complete -o default -F _mprun mprun
