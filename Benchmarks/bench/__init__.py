"""The harness of the benchmarks. Read it in this order:

    case           what a measurement is: the programs that take turns, and how their figures are read
    cases          all of them
    contestants    who takes part on this machine, and how each is called
    programs       running one program
    families       … which is watched from outside, with all its processes
    measuring      the rounds of a case
    results        samples, medians, spreads, ratios
    machine        where this was measured, and who else was busy there
    thresholds     what must not be missed
    record         a run as JSON
    report         a run on the terminal, and as Markdown
    chart          a run as a picture
    publishing     the generated parts of the documentation
    command        the options

Every program prints lines of NAME=VALUE. One that times itself says operations and seconds. One that is watched says
how far it is, and goes on when it is given a line.
"""
