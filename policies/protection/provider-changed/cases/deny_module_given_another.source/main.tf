provider "azurerm" {
  features {}
}

provider "azurerm" {
  alias = "dr"
  features {}
}

module "m" {
  source    = "./m"
  providers = { azurerm = azurerm.dr }
}
