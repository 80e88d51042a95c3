-- The progress of a map on stderr.

local host = ...

local ceil = math.ceil
local now = host.now

-- A bar on a terminal; elsewhere a line every few seconds.
local function new_progress()
    local started, drawn = now(), 0
    return function(done, total)
        local time = now()
        local columns = host.columns()
        if done < total and time - drawn < (columns and 0.1 or 5) then return end
        if not columns and drawn == 0 and done < total then
            drawn = time
            return
        end
        drawn = time
        local elapsed = time - started
        local rate = elapsed > 0 and done / elapsed or 0
        local text = (" %d/%d  %.4g/s"):format(done, total, rate)
        if done < total and rate > 0 then
            local left = ceil((total - done) / rate)
            text = text .. ("  %d:%02d left"):format(left // 60, left % 60)
        end
        if not columns then return host.write(text:sub(2) .. "\n") end
        local room = columns - #text - 3
        if room >= 5 then
            local full = done * room // total
            text = "[" .. ("#"):rep(full) .. ("-"):rep(room - full) .. "]" .. text
        else
            text = text:sub(2, columns)
        end
        host.write("\r" .. text .. "\27[K" .. (done == total and "\n" or ""))
    end
end

return new_progress
