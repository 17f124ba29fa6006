"""What each shell runs to complete `kubectl-ambient` where it is typed by that name, without kubectl.

Each asks `kubectl-ambient __complete WORD… UNFINISHED` and reads what kubectl would read: one candidate a line,
its description after a tab, and a last line `:N`, where 2 means no space after it and 4 means no files.
"""

from __future__ import annotations

# COMP_WORDS is split at = and : too, and these belong to a word here: they are put together again where no blank
# stands between. Readline in turn replaces only what follows the last of them. Candidates are quoted, as nothing
# else would: a context may be called `$(…)`.
BASH = r"""# bash completion for kubectl-ambient
_kubectl_ambient() {
    local rest=${COMP_LINE:0:COMP_POINT} words=() i bare word lines=() line values=() directive
    for ((i = 0; i <= COMP_CWORD; i++)); do
        bare=${rest#"${rest%%[![:space:]]*}"}
        word=${COMP_WORDS[i]}
        ((i == COMP_CWORD)) && word=$bare
        if [[ $bare == "$rest" && i -gt 0 ]]; then
            words[${#words[@]}-1]+=$word
        else
            words+=("$word")
        fi
        rest=${bare#"$word"}
    done
    words=("${words[@]//[\"\'\\]/}")
    local cur=${words[${#words[@]}-1]}
    while IFS= read -r line; do lines+=("$line"); done \
        < <("$1" __complete "${words[@]:1}" 2>/dev/null)
    ((${#lines[@]})) || return
    directive=${lines[${#lines[@]}-1]#:}
    unset "lines[${#lines[@]}-1]"
    ((directive & 4)) && compopt +o default 2>/dev/null
    ((directive & 2)) && compopt -o nospace 2>/dev/null

    local kept=${cur%"${cur##*[:=]}"} value
    [[ $cur == -*=* ]] && kept=${kept#"${cur%%=*}="}
    for line in "${lines[@]}"; do
        printf -v value %q "${line%%$'\t'*}"
        value=${value#"$kept"}
        if ((COMP_TYPE == 63 && ${#lines[@]} > 1)) && [[ $line == *$'\t'* ]]; then
            value+="  (${line#*$'\t'})"
        fi
        COMPREPLY+=("$value")
    done
}
complete -o default -F _kubectl_ambient kubectl-ambient
"""

ZSH = r"""#compdef kubectl-ambient
_kubectl_ambient() {
    local -a lines values space
    local line directive
    lines=("${(@f)$("${(Q)words[1]}" __complete "${(@Q)words[2,CURRENT-1]}" "$PREFIX" 2>/dev/null)}")
    directive=${lines[-1]#:}
    for line in "${(@)lines[1,-2]}"; do
        values+=("${${line//:/\\:}/$'\t'/:}")
    done
    [[ $PREFIX == -*=* ]] && compset -P 1 '*='
    if (( ! $#values )); then
        (( directive & 4 )) || _files
        return
    fi
    (( directive & 2 )) && space=(-S '')
    _describe 'kubectl-ambient' values "${space[@]}"
}
compdef _kubectl_ambient kubectl-ambient
"""

FISH = r"""# fish completion for kubectl-ambient
function __kubectl_ambient
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l lines ($words[1] __complete $words[2..-1] "$current" 2>/dev/null)
    set -q lines[1]; or return
    set -l directive (string sub --start 2 -- $lines[-1])
    set -e lines[-1]
    set -l flag (string match --regex -- '^-[^=]*=' "$current")
    if not set -q lines[1]; and test (math "bitand($directive, 4)") -eq 0
        set lines (__fish_complete_path (string replace --regex -- '^-[^=]*=' '' "$current"))
    end
    for line in $lines
        printf '%s\n' "$flag$line"
    end
end
complete -c kubectl-ambient -e
complete -c kubectl-ambient -f -a '(__kubectl_ambient)'
"""

# Windows PowerShell, and PowerShell before 7.3, drop an empty argument that has no quotes of its own.
POWERSHELL = r"""# PowerShell completion for kubectl-ambient
Register-ArgumentCompleter -Native -CommandName 'kubectl-ambient' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $before = @($commandAst.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
        ForEach-Object { $_.ToString().Trim('"', "'") })
    $word = $wordToComplete.Trim('"', "'")
    $flag = if ($word -match '^-[^=]*=') { $Matches[0] } else { '' }
    $quotes = $PSVersionTable.PSVersion -lt [version]'7.3' -or $PSNativeCommandArgumentPassing -eq 'Legacy'
    if (-not $word -and $quotes) { $word = '""' }
    $arguments = @($before | Select-Object -Skip 1) + $word
    $lines = @(& $before[0] __complete @arguments 2>$null)
    if ($lines.Count -eq 0) { return }
    $directive = [int]$lines[-1].Substring(1)
    $found = @($lines | Select-Object -SkipLast 1)
    # Nothing would mean files; an empty text means nothing at all.
    if ($found.Count -eq 0 -and ($directive -band 4)) { return '' }
    foreach ($line in $found) {
        $value, $text = $line -split "`t", 2
        $shown = if ($text) { $text } else { $value }
        $insert = $flag + $value
        if ($insert -match '[^\w./:=,@-]') { $insert = "'" + $insert.Replace("'", "''") + "'" }
        [System.Management.Automation.CompletionResult]::new($insert, $value, 'ParameterValue', $shown)
    }
}
"""

SCRIPTS = {"bash": BASH, "zsh": ZSH, "fish": FISH, "powershell": POWERSHELL}
