-- Tangra's shape checker in Neovim (0.7 or later), without further plugins.
--
--   require("tangra").setup({ cmd = { "tangra", "lsp" }, settings = {} })
--
-- Diagnostics, hover, quick fixes and the rest are Neovim's own. Inlay hints too from 0.10 on; before that the shapes of
-- a line's names stand behind the line.

local M = {}
local namespace = vim.api.nvim_create_namespace("tangra")
local clients = {}

local function root_of(file)
  local folder = vim.fn.fnamemodify(file, ":p:h")
  for _, marker in ipairs({ "pyproject.toml", "setup.py", "setup.cfg" }) do
    local found = vim.fn.findfile(marker, folder .. ";")
    if found ~= "" then
      return vim.fn.fnamemodify(found, ":p:h")
    end
  end
  local git = vim.fn.finddir(".git", folder .. ";")
  return git ~= "" and vim.fn.fnamemodify(git, ":p:h:h") or folder
end

local function show_hints(buffer)
  return function(err, hints)
    if err or not vim.api.nvim_buf_is_valid(buffer) then
      return
    end
    vim.api.nvim_buf_clear_namespace(buffer, namespace, 0, -1)
    local by_line = {}
    for _, hint in ipairs(hints or {}) do
      local line = vim.api.nvim_buf_get_lines(buffer, hint.position.line, hint.position.line + 1, false)[1]
      if line then
        local ok, column = pcall(vim.str_byteindex, line, hint.position.character, true)
        local name = ok and line:sub(1, column):match("[%w_\128-\255]+$") or ""
        by_line[hint.position.line] = by_line[hint.position.line] or {}
        table.insert(by_line[hint.position.line], name .. hint.label)
      end
    end
    for line, texts in pairs(by_line) do
      vim.api.nvim_buf_set_extmark(buffer, namespace, line, 0, {
        virt_text = { { "  " .. table.concat(texts, "   "), "Comment" } },
        hl_mode = "combine",
      })
    end
  end
end

-- Ask for the shapes of a buffer and show them behind its lines.
function M.hints(buffer)
  vim.lsp.buf_request(buffer, "textDocument/inlayHint", {
    textDocument = vim.lsp.util.make_text_document_params(buffer),
    range = { start = { line = 0, character = 0 }, ["end"] = { line = vim.api.nvim_buf_line_count(buffer), character = 0 } },
  }, show_hints(buffer))
end

local function attached(client, buffer)
  if vim.lsp.inlay_hint then
    pcall(vim.lsp.inlay_hint.enable, true, { bufnr = buffer })
  else
    M.hints(buffer)
  end
end

local function refresh(_, _, context)
  if not vim.lsp.inlay_hint then
    for _, buffer in ipairs(vim.lsp.get_buffers_by_client_id(context.client_id)) do
      M.hints(buffer)
    end
  end
  return vim.NIL
end

function M.setup(options)
  options = options or {}
  vim.lsp.commands = vim.lsp.commands or {}
  vim.api.nvim_create_autocmd("FileType", {
    pattern = "python",
    callback = function(event)
      local root = root_of(vim.api.nvim_buf_get_name(event.buf))
      if not clients[root] then
        local capabilities = vim.lsp.protocol.make_client_capabilities()
        local handlers = {}
        if not vim.lsp.inlay_hint then
          capabilities.workspace.inlayHint = { refreshSupport = true }
          handlers["workspace/inlayHint/refresh"] = refresh
        end
        clients[root] = vim.lsp.start_client({
          name = "tangra",
          cmd = options.cmd or { "tangra", "lsp" },
          root_dir = root,
          init_options = options.settings or {},
          settings = { tangra = options.settings or {} },
          capabilities = capabilities,
          handlers = handlers,
          on_attach = attached,
          on_exit = function()
            clients[root] = nil
          end,
        })
      end
      if clients[root] then
        vim.lsp.buf_attach_client(event.buf, clients[root])
      end
    end,
  })
end

return M
