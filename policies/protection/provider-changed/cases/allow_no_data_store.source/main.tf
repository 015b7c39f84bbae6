provider "azurerm" {
  features {}
}

provider "azurerm" {
  alias = "dr"
  features {}
}

resource "azurerm_role_assignment" "rg" {
  provider = azurerm.dr
  name = "x"
}
