-- The pages of the reference, from annotations that were read and checked.

local links = require "links"
local signatures = require "signatures"
local Page = require "page"

local pages = {}

local modules = { multiprocessing = true, timelib = true }

-- Texts up to the first block of code, and the rest.
local function split(doc)
    for i, line in ipairs(doc) do
        if line:find "^```" then return table.move(doc, 1, i - 1, 1, {}), table.move(doc, i, #doc, 1, {}) end
    end
    return doc, {}
end

local function add_results(page, results)
    if results[1] and not results[2] then return page:item("Returns", results[1]) end
    if results[1] then
        page:paragraph "Returns"
        page:gap()
    end
    for _, result in ipairs(results) do page:item("-", result) end
end

local function add_function(page, declaration)
    page:heading(3, links.call_heading(declaration))
    page:code(signatures.of(page.all, declaration))
    local text, example = split(declaration.doc)
    page:doc(text)
    if declaration.annotated[1] then page:gap() end
    for _, parameter in ipairs(declaration.annotated) do page:item("-", parameter) end
    add_results(page, declaration.returns)
    page:doc(example)
end

local function add_fields(page, class)
    if class.fields[1] then page:gap() end
    for _, field in ipairs(class.fields) do
        page:item("-", field, not links.is_options(class.name) and " or `nil`" or nil)
    end
end

-- What a class is derived from, and what it has from there.
local function add_inherited(page, class)
    for _, name in ipairs(class.parents) do
        local parent, members = page.all.classes[name], {}
        for i, member in ipairs(parent.members) do
            local declaration = parent.members[member]
            members[i] = declaration.kind == "function" and links.to_function(page.file, declaration, member)
                or "`" .. member .. "`"
        end
        page:paragraph(("As %s: %s."):format(links.to_type(page.all, page.file, name), table.concat(members, ", ")))
    end
end

local function add_class(page, class)
    page:heading(2, links.type_heading(page.all, class.name))
    local made_by_call = {}
    if page.all.classes.multiprocessing.members[links.short(class.name)] then
        for _, overload in ipairs(class.overloads) do
            local call = signatures.with_options(page.all, overload)
            table.insert(made_by_call, class.name .. call .. " → " .. links.short(class.name):lower())
        end
    end
    if made_by_call[1] then page:code(made_by_call) end
    page:doc(class.doc)
    add_inherited(page, class)
    add_fields(page, class)
    for _, name in ipairs(class.members) do
        local member = class.members[name]
        if member.kind == "function" then add_function(page, member) end
    end
end

local function add_options(page, class)
    page:heading(3, class.name)
    page:doc(class.doc)
    add_fields(page, class)
end

local function add_alias(page, alias)
    page:heading(3, alias.name)
    page:doc(alias.doc)
    if alias.type then page:paragraph(links.type(page.all, page.file, alias.type) .. ".") end
    page:gap()
    for _, choice in ipairs(alias.choices) do
        local doc = choice.doc ~= "" and ": " .. choice.doc or ""
        page:wrap("- " .. links.type(page.all, page.file, choice.type) .. doc, "  ")
    end
end

-- The declarations of a file by where they go: functions of modules, constants, classes with their methods, the rest.
local function sort_out(all, file)
    local functions, constants, classes, others = {}, {}, {}, {}
    for _, declaration in ipairs(file.declarations) do
        local kind = declaration.kind
        if kind == "value" then
            table.insert(constants, declaration)
        elseif kind == "alias" then
            table.insert(others, declaration)
        elseif kind == "function" then
            if modules[declaration.class.name] then table.insert(functions, declaration) end
        elseif links.is_options(declaration.name) then
            table.insert(others, declaration)
        elseif not modules[declaration.name] then
            table.insert(classes, all.classes[declaration.name])
        end
    end
    return functions, constants, classes, others
end

-- Functions and classes of a file, each as a link, and its declaration.
local function each_entry(all, from, file, visit)
    local functions, _, classes = sort_out(all, file)
    for _, declaration in ipairs(functions) do visit(links.to_function(from, declaration), declaration) end
    for _, class in ipairs(classes) do visit(links.to_class(all, from, class), class) end
end

local notice = "<!-- Made by scripts/reference from Sources/mprun/Editor/library. Do not edit. -->"

local function make(all, file)
    local page = Page.new(all, file)
    page:add(notice)
    page:heading(1, file.title)
    page:doc(file.introduction)
    local contents = {}
    each_entry(all, file, file, function(link) table.insert(contents, link) end)
    page:paragraph(table.concat(contents, " · "))

    local functions, constants, classes, others = sort_out(all, file)
    if functions[1] then page:heading(2, "Functions") end
    for _, declaration in ipairs(functions) do add_function(page, declaration) end
    for _, class in ipairs(classes) do add_class(page, class) end
    if constants[1] then
        page:heading(2, "Constants")
        page:gap()
    end
    for _, value in ipairs(constants) do
        page:wrap(("- `%s.%s`: %s"):format(value.variable, value.name, table.concat(value.doc, " ")), "  ")
    end
    if others[1] then page:heading(2, "Options and other types") end
    for _, declaration in ipairs(others) do
        if declaration.kind == "alias" then
            add_alias(page, declaration)
        else
            add_options(page, all.classes[declaration.name])
        end
    end
    return page:text()
end

-- The first sentence of a text.
local function summary(doc)
    local text = table.concat(split(doc), " ")
    return (text:match "^(.-%.)%s" or text):gsub("%.$", "")
end

local function make_index(all)
    local page = Page.new(all)
    page:add(notice)
    page:heading(1, "API reference")
    page:doc {
        "Everything that `require \"multiprocessing\"` and `require \"time\"` give. Editors show the same texts once",
        "`mprun --init` has set a directory up. Arguments in brackets may be left out; `{a =, b =}` is a table of",
        "options.",
    }
    for _, file in ipairs(all.files) do
        page:heading(2, ("[%s](%s.md)"):format(file.title, file.name))
        page:doc { summary(file.introduction) .. "." }
        page:gap()
        page:add "| | |"
        page:add "|---|---|"
        each_entry(all, nil, file, function(link, declaration)
            page:add(("| %s | %s |"):format(link, links.in_text(all, nil, summary(declaration.doc))))
        end)
    end
    return page:text()
end

--- All pages: {["queues.md"] = text, …}.
function pages.make(all)
    local made = { ["README.md"] = make_index(all) }
    for _, file in ipairs(all.files) do made[file.name .. ".md"] = make(all, file) end
    return made
end

return pages
