-- Neovim as docs/editor.png shows it: the plug-in beside this folder, colours, and the finding of the last line opened.
package.path = os.getenv("TANGRA_EDITOR") .. "/?.lua;" .. package.path
vim.o.swapfile = false
vim.o.termguicolors = true
vim.o.number = true
vim.o.signcolumn = "yes"
vim.o.laststatus = 2
vim.o.mouse = ""
vim.cmd([[
  syntax on
  filetype plugin on
  colorscheme desert
  highlight Normal guibg=#16181d guifg=#d8dee9
  highlight SignColumn guibg=#16181d
  highlight NonText guibg=#16181d guifg=#16181d
  highlight EndOfBuffer guibg=#16181d guifg=#16181d
  highlight Comment guifg=#7fb5a8
  highlight LineNr guifg=#5b6270
  highlight DiagnosticError guifg=#ff6b70
  highlight DiagnosticVirtualTextError guifg=#c9575c
  highlight NormalFloat guibg=#232730 guifg=#d8dee9
  highlight FloatBorder guibg=#232730 guifg=#5b6270
]])
vim.diagnostic.config({
  virtual_text = {
    prefix = "●",
    format = function(each)
      return (each.message:match("^[^\n]*"):gsub(" %(weight.*", ""))
    end,
  },
  float = { border = "rounded", header = "", source = "always", max_width = 120 },
})
require("tangra").setup({ cmd = { os.getenv("TANGRA_PYTHON"), "-m", "tangra.cli", "lsp" } })
vim.defer_fn(function()
  vim.fn.cursor(21, 17)
  local _, window = vim.diagnostic.open_float(nil, { focus = false, close_events = {} })
  vim.api.nvim_win_set_config(window, { relative = "editor", anchor = "NW", row = 22, col = 14 })
end, 9000)
