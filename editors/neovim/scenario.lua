-- What the test does in Neovim: look at what is shown, apply the first fix, look again. Results go to $TANGRA_RESULT.

local results = {}

local function wait(what, holds)
  if not vim.wait(30000, holds, 50) then
    results.failure = "waited in vain for " .. what
    error(results.failure)
  end
end

local function diagnostics()
  return vim.tbl_map(function(each)
    return { line = each.lnum, column = each.col, code = each.code, message = each.message, severity = each.severity }
  end, vim.diagnostic.get(0))
end

local function shown()
  local marks = vim.api.nvim_buf_get_extmarks(0, vim.api.nvim_create_namespace("tangra"), 0, -1, { details = true })
  return vim.tbl_map(function(mark)
    return { line = mark[2], text = mark[4].virt_text[1][1] }
  end, marks)
end

local ok, message = pcall(function()
  wait("a diagnostic", function()
    return #vim.diagnostic.get(0) > 0
  end)
  results.before = diagnostics()
  vim.lsp.buf_request(0, "textDocument/inlayHint", {
    textDocument = vim.lsp.util.make_text_document_params(),
    range = { start = { line = 0, character = 0 }, ["end"] = { line = 100, character = 0 } },
  }, function(err, hints)
    results.hints = err or hints
  end)
  wait("hints", function()
    return results.hints ~= nil
  end)
  wait("hints in the buffer", function()
    return #shown() > 0
  end)
  results.shown = shown()

  vim.fn.cursor(results.before[1].line + 1, results.before[1].column + 1)
  local hover = vim.lsp.buf_request_sync(0, "textDocument/hover", vim.lsp.util.make_position_params(), 30000)
  for _, answer in pairs(hover or {}) do
    results.hover = answer.result
  end
  vim.ui.select = function(items, options, choose)
    results.offered = vim.tbl_map(function(item)
      return options.format_item and options.format_item(item) or item
    end, items)
    choose(items[1], 1)
  end
  vim.lsp.buf.code_action()
  wait("the fix", function()
    return #vim.diagnostic.get(0) == 0
  end)
  results.lines = vim.api.nvim_buf_get_lines(0, 0, -1, false)
  vim.cmd("write")
end)
results.failure = not ok and tostring(message) or nil
local file = assert(io.open(os.getenv("TANGRA_RESULT"), "w"))
file:write(vim.json and vim.json.encode(results) or vim.fn.json_encode(results))
file:close()
vim.cmd("qall!")
