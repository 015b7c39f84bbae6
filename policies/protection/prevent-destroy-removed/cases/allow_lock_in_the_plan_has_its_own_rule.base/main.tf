resource "azurerm_mssql_database" "other" {
  name = "x"
}
resource "azurerm_management_lock" "lake" {
  name = "x"
}
