-- A page of Markdown under construction.

local types = require "types"
local links = require "links"

local Page = {}
Page.__index = Page

local columns = 120

--- A page for a file of the library `all`; for none of them if `file` is nil.
function Page.new(all, file) return setmetatable({ all = all, file = file, lines = {} }, Page) end

--- Adds a line.
function Page:add(text) table.insert(self.lines, text) end

--- Begins a new paragraph.
function Page:gap()
    if #self.lines > 0 and self.lines[#self.lines] ~= "" then self:add "" end
end

local function without_spaces(text) return (text:gsub(" ", "\0")) end

--- Adds a text with its references as links. It is broken at spaces, but not within links and code.
function Page:wrap(text, indent)
    local line = ""
    text = links.in_text(self.all, self.file, text):gsub("%b[]", without_spaces):gsub("`[^`]*`", without_spaces)
    for word in text:gmatch "[^ ]+" do
        word = word:gsub("%z", " ")
        if line ~= "" and utf8.len(line) + 1 + utf8.len(word) > columns then
            self:add(line)
            line = (indent or "") .. word
        else
            line = line == "" and word or line .. " " .. word
        end
    end
    self:add(line)
end

function Page:heading(level, text)
    self:gap()
    self:add(("#"):rep(level) .. " " .. text)
end

function Page:paragraph(text)
    self:gap()
    self:wrap(text)
end

--- Adds lines as they are.
function Page:code(lines, language)
    self:gap()
    self:add("```" .. (language or ""))
    for _, line in ipairs(lines) do self:add(line) end
    self:add "```"
end

--- Adds lines of Markdown: paragraphs, and blocks of code.
function Page:doc(lines)
    local paragraph, code = {}, nil
    local function finish()
        if paragraph[1] then self:paragraph((table.concat(paragraph, " "):gsub("^Raises ", "**Raises** "))) end
        paragraph = {}
    end
    for _, line in ipairs(lines) do
        local fence = line:match "^```(%a*)$"
        if fence and code then
            self:code(code, code.language)
            code = nil
        elseif fence then
            finish()
            code = { language = fence }
        elseif code then
            table.insert(code, line)
        elseif line == "" then
            finish()
        else
            table.insert(paragraph, line)
        end
    end
    finish()
end

--- Adds a parameter, a result or a field behind `-` or another word: its name, its type, and what it is. `absent` is
--- said of what may be missing.
function Page:item(mark, part, absent)
    local name = part.name or part.key or part.index and "[" .. types.show(part.index) .. "]" or "…"
    local type = links.type(self.all, self.file, part.type) .. (part.optional and (absent or ", optional") or "")
    local text = ("%s `%s` (%s)"):format(mark, name, type)
    if part.doc ~= "" then text = text .. ": " .. part.doc end
    if mark ~= "-" then return self:paragraph(text) end
    self:wrap(text, "  ")
end

function Page:text() return table.concat(self.lines, "\n") .. "\n" end

return Page
